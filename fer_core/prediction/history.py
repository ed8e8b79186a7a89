"""What the faces of a stream showed over time, in bounded memory."""

from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.prediction.following import FollowedFace

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 1000
GAP = 3.0
"""Times the usual step after which a face counts as not seen in between."""
MOST_CHUNKS = 200
RECORD_SECONDS = 0.2
"""At most one row a face is kept in that time."""
FIELDS = ("time", "track", "x", "y", "width", "height", "score", "certain", *EMOTIONS)


class FaceHistory:
    """A row for each face and kept time; may be read while it is written.

    Args:
        record_seconds: smallest distance of two kept times; 0 keeps all.
        most_rows: where there are more, the oldest are forgotten, `CHUNK` at a time.
    """

    def __init__(self, *, record_seconds: float = RECORD_SECONDS, most_rows: int | None = CHUNK * MOST_CHUNKS) -> None:
        self.record_seconds = record_seconds
        self._chunks: deque[np.ndarray] = deque(maxlen=None if most_rows is None else max(1, most_rows // CHUNK))
        self._filled = CHUNK
        self._last: float | None = None
        self._lock = Lock()

    def add(self, faces: Sequence[FollowedFace], time: float) -> bool:
        """Keep the faces of one frame.

        Args:
            time: in seconds, later than those before.

        Returns:
            Whether they were kept, and not left out for being too close to the ones before.
        """
        with self._lock:
            if self._last is not None and time - self._last < self.record_seconds - 1e-6:
                return False
            self._last = time
            for face in faces:
                found = face.prediction
                if self._filled == CHUNK:
                    self._chunks.append(np.empty((CHUNK, len(FIELDS))))
                    self._filled = 0
                row = (time, face.track, *found.box, found.score, found.certain, *found.probabilities)
                self._chunks[-1][self._filled] = row
                self._filled += 1
            return True

    def rows(self, since: float | None = None) -> np.ndarray:
        """(n, 15) float64, columns as in `FIELDS`, the oldest first.

        Args:
            since: leave out what is older, in seconds.
        """
        with self._lock:
            kept: list[np.ndarray] = []
            for place, chunk in enumerate(reversed(self._chunks)):
                part = chunk[: self._filled] if place == 0 else chunk
                kept.append(part.copy() if since is None else part[part[:, 0] >= since])
                if since is not None and len(part) and part[0, 0] < since:
                    break
            return np.concatenate(kept[::-1]) if kept else np.empty((0, len(FIELDS)))

    def frame(self) -> "pd.DataFrame":
        """As a table for a CSV file: `time` in seconds, `face` (its number), box, score, `emotion`, `certain` and a
        probability for each class."""
        return as_table(self.rows())


def stretches(times: np.ndarray, faces: np.ndarray, usual_step: float | np.ndarray) -> np.ndarray:
    """Which stretch each moment belongs to, (n,) from 0: a new one begins after a gap, and where the face is another.

    Args:
        times: (n,) in seconds, ascending.
        faces: (n,) numbers.
        usual_step: seconds until the next moment, (n - 1,) where they differ; where most are more, that counts.
    """
    steps = np.diff(times)
    longest = GAP * np.maximum(usual_step, np.median(steps) if len(steps) else 0.0)
    begins = np.append(True, (steps > longest) | (np.diff(faces) != 0))
    return np.cumsum(begins)[: len(times)] - 1


def as_table(rows: np.ndarray) -> "pd.DataFrame":
    """Rows of `FaceHistory` as a table; see `FaceHistory.frame`."""
    import pandas as pd  # 0.4 s that a caller who wants no table is spared

    table = pd.DataFrame(rows, columns=list(FIELDS)).rename(columns={"track": "face"})
    whole = ["face", "x", "y", "width", "height"]
    table = table.astype(dict.fromkeys(whole, int)).astype({"certain": bool})
    shares = table[list(EMOTIONS)].to_numpy()
    emotions = np.array(EMOTIONS)[shares.argmax(axis=1)] if len(table) else np.empty(0, dtype=object)
    table.insert(table.columns.get_loc("certain"), "emotion", emotions)
    table[["score", *EMOTIONS]] = table[["score", *EMOTIONS]].round(6)
    table["time"] = table["time"].round(3)
    return table
