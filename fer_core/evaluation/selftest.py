"""A person's own test: which expression was asked for, and which one was read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fer_core.emotions import EMOTIONS
from fer_core.words import N_

READY_SECONDS, SHOW_SECONDS = 4.5, 4.0
"""Of a turn before a running camera: seven turns make a minute."""
LONGEST_BREAK = 2.0
"""Seconds between two moments of one turn; three times as long as the last two were apart, where that is more."""
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


@dataclass
class TimedTurn:
    """One expression asked for before a running camera: time to get ready, then time in which it is read.

    Attributes:
        asked: the class that is asked for.
        began: in seconds, on the clock of `note`; None until the first moment that is told.
    """

    asked: str
    began: float | None = None
    _last: float | None = None
    _apart: float = 0.0
    _readings: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def note(self, time: float, reading: tuple[np.ndarray, np.ndarray] | None) -> Attempt | None:
        """Take in a moment; one without a face while the expression is read begins the turn anew.

        Args:
            time: in seconds, on any clock; one that goes back, as of a camera started anew, or goes on by more than
                `LONGEST_BREAK`, as where the camera or the page stood still, begins the turn anew.
            reading: (7,) probabilities and (48, 48) crop of the face that is seen, None without one.

        Returns:
            The attempt, with the mean of what was read, once its time is over; None before.
        """
        apart = 0.0 if self._last is None else time - self._last
        if self.began is None or not 0 <= apart <= max(LONGEST_BREAK, 3 * self._apart):
            self.began, self._readings = time, []
        self._last, self._apart = time, max(0.0, apart)
        if time - self.began < READY_SECONDS:
            return None
        if reading is None:
            self.began, self._readings = time, []
            return None
        self._readings.append(reading)
        if time - self.began < READY_SECONDS + SHOW_SECONDS:
            return None
        mean = np.mean([probabilities for probabilities, _ in self._readings], axis=0)
        typical = min(self._readings, key=lambda read: float(np.abs(read[0] - mean).sum()))
        return Attempt(self.asked, mean, typical[1])

    def left(self, time: float) -> tuple[float, float]:
        """Seconds left to get ready, and to show it."""
        gone = 0.0 if self.began is None else time - self.began
        return max(0.0, READY_SECONDS - gone), max(0.0, min(SHOW_SECONDS, READY_SECONDS + SHOW_SECONDS - gone))


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
