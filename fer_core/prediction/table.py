"""Predictions as a table."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fer_core.emotions import EMOTIONS
from fer_core.prediction.predictor import PicturePrediction

if TYPE_CHECKING:
    import pandas as pd


def printable(path: str) -> str:
    """A path as text that can be printed and put into a table; bytes of it that are not UTF-8 come as `\\xe9`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def as_frame(predictions: Iterable[PicturePrediction]) -> "pd.DataFrame":
    """One row for each face, for a CSV file; pictures without faces have none.

    Returns:
        Columns `file`, `face` (1 is the picture's largest), `x`, `y`, `width`, `height`, `score`, `emotion`, `certain`,
        a probability for each class, and `vote_<member>`, what each member alone says.
    """
    import pandas as pd  # 0.4 s that a caller who wants no table is spared

    rows = [
        {
            "file": printable(picture.path),
            "face": number,
            **dict(zip(("x", "y", "width", "height"), face.box, strict=True)),
            "score": face.score,
            "emotion": face.emotion,
            "certain": face.certain,
            **dict(zip(EMOTIONS, face.probabilities.tolist(), strict=True)),
            **{f"vote_{name}": vote for name, vote in zip(picture.members, face.votes, strict=True)},
        }
        for picture in predictions
        for number, face in enumerate(picture.faces, start=1)
    ]
    columns = ["file", "face", "x", "y", "width", "height", "score", "emotion", "certain", *EMOTIONS]
    return pd.DataFrame(rows, columns=None if rows else columns)
