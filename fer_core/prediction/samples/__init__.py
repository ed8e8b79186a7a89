"""Pictures to try predictions on, free to pass on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_core.datasets.drawn import draw_face
from fer_core.opencv import cv2
from fer_core.words import N_

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


def _drawn(*faces: tuple[str, int]) -> bytes:
    """Portraits side by side, each given by its emotion and seed."""
    portraits = np.hstack([draw_face(emotion, size=360, seed=seed) for emotion, seed in faces])
    return cv2.imencode(".png", cv2.cvtColor(portraits, cv2.COLOR_RGB2BGR))[1].tobytes()


DRAWN_CREDIT = N_("Drawn by this program: no real person.")

SAMPLES: tuple[SamplePicture, ...] = (
    SamplePicture(
        N_("Astronaut"),
        N_("Eileen Collins, photographed by NASA, in the public domain."),
        lambda: (FOLDER / "astronaut.jpg").read_bytes(),
    ),
    # Seeds whose faces the detector finds; it misses every wide-eyed drawn face, as the last sample shows.
    SamplePicture(N_("Two drawn faces"), DRAWN_CREDIT, lambda: _drawn(("angry", 5), ("sad", 0))),
    SamplePicture(N_("A drawn face that is missed"), DRAWN_CREDIT, lambda: _drawn(("surprised", 9))),
)
