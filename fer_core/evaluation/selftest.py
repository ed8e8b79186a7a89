"""A person's own test: which expression was asked for, and which one was read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_core.emotions import EMOTIONS
from fer_core.words import N_

HINTS: dict[str, str] = {
    "angry": N_("Brows down and together, a hard look, lips pressed."),
    "disgusted": N_("Wrinkle your nose, raise your upper lip, as at a bad smell."),
    "fearful": N_("Brows up and together, eyes wide, mouth a little open and pulled back."),
    "happy": N_("Smile with the whole face, cheeks up."),
    "neutral": N_("Relax everything, look straight ahead."),
    "sad": N_("Inner ends of the brows up, corners of the mouth down."),
    "surprised": N_("Brows high, eyes wide, jaw dropped."),
}
"""How each expression is usually shown, after the prototypes of Ekman and Friesen's Facial Action Coding System."""


@dataclass(frozen=True)
class Attempt:
    """One expression that a person showed.

    Attributes:
        asked: the class that was asked for.
        probabilities: (7,) what the ensemble read.
        crop: (48, 48) uint8 grayscale, the face as the networks saw it.
    """

    asked: str
    probabilities: np.ndarray
    crop: np.ndarray

    @property
    def read(self) -> str:
        """The likeliest class."""
        return EMOTIONS[int(self.probabilities.argmax())]


def order_of_expressions(rounds: int, seed: int) -> tuple[str, ...]:
    """Each expression once a round, in another order each time, never the same one twice running.

    Raises:
        ValueError: fewer than one round.
    """
    if rounds < 1:
        raise ValueError(f"rounds: expected at least 1, got {rounds}")
    rng = np.random.default_rng(seed)
    order: list[str] = []
    for _ in range(rounds):
        turn = rng.permutation(EMOTIONS).tolist()
        if order and turn[0] == order[-1]:
            turn.append(turn.pop(0))
        order += turn
    return tuple(order)


def own_confusion(attempts: Iterable[Attempt]) -> np.ndarray:
    """(7, 7) counts; rows are what was asked for, columns what was read."""
    matrix = np.zeros((len(EMOTIONS), len(EMOTIONS)), dtype=int)
    for attempt in attempts:
        matrix[EMOTIONS.index(attempt.asked), EMOTIONS.index(attempt.read)] += 1
    return matrix


def attempts_frame(attempts: Sequence[Attempt]) -> pd.DataFrame:
    """A row an attempt: `asked`, `read` and a probability for each class; no picture."""
    rows = [
        {
            "asked": attempt.asked,
            "read": attempt.read,
            **dict(zip(EMOTIONS, attempt.probabilities.tolist(), strict=True)),
        }
        for attempt in attempts
    ]
    return pd.DataFrame(rows, columns=["asked", "read", *EMOTIONS])
