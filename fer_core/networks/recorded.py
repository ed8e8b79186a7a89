"""Parameters and multiply-adds of the networks at their own input size, read without Keras.

`costs.json` holds what `python -m fer_core networks --json` computes; a test keeps the two equal.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

COSTS = Path(__file__).with_name("costs.json")


class RecordedCost(TypedDict):
    """Parameters (trained and not), and multiply-adds for one picture."""

    parameters: int
    multiply_adds: int


@cache
def recorded_costs() -> dict[str, RecordedCost]:
    """For each network by name."""
    return json.loads(COSTS.read_text(encoding="utf-8"))
