"""A video for the pages to show."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from fer_core.emotions import EMOTIONS
from fer_core.jobs import JobState
from fer_core.prediction.card import SHIPPED_CARD
from tests.prediction.clips import moving, write_clip


class AnsweredVideo:
    """As a `VideoJob` that has ended, with two faces; its command does not run."""

    id, name, fps, model, gone, stays = "one", "walk.mp4", 5, SHIPPED_CARD, False, 0
    job = SimpleNamespace(state=JobState.FINISHED)
    messages = ()

    def __init__(self, folder: Path, astronaut: np.ndarray) -> None:
        self.source = self.annotated = write_clip(folder / "walk.mp4", moving(astronaut, 6))
        likely = [0.7, 0.8, 0.9, 0.6, 0.5]
        shares = np.full((5, 7), 0.01)
        shares[range(5), [3, 3, 3, 5, 5]] = likely
        self.table = pd.DataFrame(shares, columns=list(EMOTIONS))
        self.table["emotion"] = ["happy"] * 3 + ["sad"] * 2
        self.table["time"], self.table["face"], self.table["certain"] = [0.0, 0.2, 0.4, 0.0, 0.2], [1, 1, 1, 2, 2], True
        self.table["seconds"] = 0.2

    def stay(self) -> None:
        self.stays += 1

    def discard(self) -> None:
        """Nothing ends by itself."""

    leave = discard
