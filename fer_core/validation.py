"""What the pydantic models here share: nobody changes them or adds to them, and what is wrong is told in one way."""

from pydantic import BaseModel, ConfigDict, ValidationError


class Frozen(BaseModel):
    """A model whose fields are never changed, and that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def problems(error: ValidationError) -> str:
    """What a pydantic model found wrong, as `field: sentence; field: sentence`; of the whole as a sentence alone."""
    found = [(".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, ")) for e in error.errors()]
    return "; ".join(f"{place}: {message}" if place else message for place, message in found)
