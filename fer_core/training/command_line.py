"""The command that does what a configuration says; the reverse of what the command line reads."""

from collections.abc import Sequence

from fer_core.training.config import RunConfig
from fer_core.training.warm_start import SAME_NETWORK, SAME_SPLIT


def config_flags(config: RunConfig) -> list[str]:
    """Flags for every field that is not at its default, and for those that a run to start from would fill.

    Raises:
        ValueError: a field that has a default is to be empty, which no flag can say.
    """
    flags: list[str] = []
    filled = SAME_NETWORK + SAME_SPLIT if config.weights_from else ()
    for name, field in RunConfig.model_fields.items():
        value = getattr(config, name)
        if value == field.default and (value is None or name not in filled):
            continue
        flag = name.replace("_", "-")
        if value is None:
            raise ValueError(f"{name}: can't be empty on the command line, its default is {field.default}")
        if isinstance(value, bool):
            flags.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            flags += [f"--{flag}", str(value)]
    return flags


def command(
    name: str,
    config: RunConfig,
    *,
    data: str | None = None,
    corrections: str | None = None,
    to: str | None = None,
    device: str = "auto",
    extra: Sequence[str] = (),
) -> list[str]:
    """Words behind `python -m fer_core` for a command that takes a configuration, e.g. `train`.

    Args:
        data, corrections, to, device: options of the command, left out where they are at their defaults.
        extra: further words at the end.
    """
    words = [name, *config_flags(config)]
    for option, value in (("--data", data), ("--corrections", corrections), ("--to", to)):
        words += [option, value] if value else []
    words += ["--device", device] if device != "auto" else []
    return [*words, *extra]
