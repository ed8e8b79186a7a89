"""Pictures to try predictions on, free to pass on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_core.datasets.drawn import draw_face
from fer_core.emotions import EMOTIONS
from fer_core.opencv import cv2

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class SamplePicture:
    """A picture that comes with the package.

    Attributes:
        title: what it is called on a page.
        credit: who made it and under which licence.
        read: its bytes, a JPEG or PNG file.
    """

    title: str
    credit: str
    read: Callable[[], bytes]


def _drawn(emotions: tuple[str, ...], columns: int, first_seed: int) -> bytes:
    faces = [draw_face(emotion, size=360, seed=first_seed + i) for i, emotion in enumerate(emotions)]
    faces += [np.full_like(faces[0], 255)] * (-len(faces) % columns)
    rows = [np.hstack(faces[start : start + columns]) for start in range(0, len(faces), columns)]
    return cv2.imencode(".png", cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))[1].tobytes()


DRAWN_CREDIT = "Drawn by this program: no real person."

SAMPLES: tuple[SamplePicture, ...] = (
    SamplePicture(
        "Astronaut",
        "Eileen Collins, photographed by NASA, in the public domain.",
        lambda: (FOLDER / "astronaut.jpg").read_bytes(),
    ),
    SamplePicture("Drawn group", DRAWN_CREDIT, lambda: _drawn(EMOTIONS, columns=4, first_seed=3)),
    SamplePicture("Drawn portrait", DRAWN_CREDIT, lambda: _drawn(("surprised",), columns=1, first_seed=9)),
)
