"""From a picture to an emotion for each face in it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fer_core.emotions import EMOTIONS
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.crops import crop_face, crop_whole
from fer_core.prediction.decode import check_pixels, decode
from fer_core.prediction.detection import Detection, FaceDetector, default_detector
from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.errors import PictureError
from fer_core.prediction.framing import Framing, framing_of

Picture = str | Path | bytes | Image.Image | np.ndarray


@dataclass(frozen=True, eq=False)
class FacePrediction:
    """What the ensemble says about one face.

    Attributes:
        box: x, y, width and height in whole pixels of the picture.
        score: the detector's confidence, 0 to 1; 1 where the whole picture was taken as a face.
        probabilities: (7,) calibrated, in the order of `EMOTIONS`.
        member_probabilities: (members, 7) of each member alone.
        certain: whether the highest probability reaches the ensemble's threshold.
        crop: (48, 48) uint8, what the networks saw.
        roll: degrees that the crop was turned by to make the eyes level; 0 for a head hardly tilted.
    """

    box: tuple[int, int, int, int]
    score: float
    probabilities: np.ndarray
    member_probabilities: np.ndarray = field(repr=False)
    certain: bool
    crop: np.ndarray = field(repr=False)
    roll: float = 0.0

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(EMOTIONS),) or self.member_probabilities.shape[1:] != (len(EMOTIONS),):
            raise ValueError(
                f"expected probabilities (7,) and member_probabilities (members, 7), "
                f"got {self.probabilities.shape} and {self.member_probabilities.shape}"
            )

    @property
    def detection(self) -> Detection:
        """Where it was found."""
        return Detection(self.box, self.score, self.roll)

    @property
    def emotion(self) -> str:
        """The likeliest class."""
        return self.top2[0]

    @property
    def top2(self) -> tuple[str, str]:
        """The likeliest class and the one after it."""
        first, second = np.argsort(-self.probabilities, kind="stable")[:2]
        return EMOTIONS[first], EMOTIONS[second]

    @property
    def confidence(self) -> float:
        """Probability of the likeliest class."""
        return float(self.probabilities.max())

    @property
    def votes(self) -> tuple[str, ...]:
        """The likeliest class of each member alone."""
        return tuple(EMOTIONS[place] for place in self.member_probabilities.argmax(axis=1))

    def to_json(self) -> dict[str, Any]:
        """As plain values for `json.dumps`."""
        return {
            "box": list(self.box),
            "score": round(self.score, 4),
            "emotion": self.emotion,
            "top2": list(self.top2),
            "certain": self.certain,
            "probabilities": {
                name: round(float(value), 6) for name, value in zip(EMOTIONS, self.probabilities, strict=True)
            },
        }


@dataclass(frozen=True, eq=False)
class PicturePrediction:
    """The faces of one picture, the largest first.

    Attributes:
        path: where it comes from, or what it is called.
        width, height: in pixels, upright; None where it couldn't be read.
        members: names of the ensemble's members, in the order of `member_probabilities`.
        error: why it couldn't be read, a sentence; None where it could.
    """

    path: str
    width: int | None
    height: int | None
    faces: tuple[FacePrediction, ...] = ()
    members: tuple[str, ...] = ()
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values for `json.dumps`: an entry of `images` of `predict --json`."""
        return {
            "path": self.path,
            "width": self.width,
            "height": self.height,
            "error": self.error,
            "faces": [face.to_json() for face in self.faces],
        }


class Predictor:
    """Finds the faces of a picture and asks the ensemble about each; may be used from several threads at once.

    ```python
    from fer_core.prediction import Predictor
    print(Predictor()("photo.jpg").to_json())
    ```

    Args:
        ensemble: an ensemble, or a path as for `Ensemble.of_file`; by default the shipped one.
        detector: by default YuNet where FER_YUNET names its file, else CenterFace; loaded when first needed.
        framing: how the faces that the detector finds stand in FER2013's pictures, as from `measure_framing`; by
            default what was measured for a detector of that name.

    Raises:
        ModelError: the ensemble can't be loaded.
    """

    def __init__(
        self,
        ensemble: Ensemble | str | Path | None = None,
        detector: FaceDetector | None = None,
        framing: Framing | None = None,
    ) -> None:
        if ensemble is None or isinstance(ensemble, str | Path):
            ensemble = Ensemble.of_file(SHIPPED_CARD if ensemble is None else ensemble)
        self.ensemble = ensemble
        self._detector, self._framing = detector, framing

    @cached_property
    def detector(self) -> FaceDetector:
        """What finds the faces."""
        return self._detector or default_detector()

    @cached_property
    def framing(self) -> Framing:
        """How faces are cut out.

        Raises:
            ValueError: none was given, and none was measured for this detector.
        """
        return self._framing or framing_of(self.detector.name)

    def __call__(self, picture: Picture, *, whole: bool = False, name: str | None = None) -> PicturePrediction:
        """Each face's emotion; a picture that can't be read is answered with its error.

        Args:
            picture: a file's path, its content, a picture that Pillow opened, or (height, width, 3) uint8 RGB pixels.
            whole: take the whole picture as one face; nothing is looked for.
            name: what the picture is called; by default its path.

        Raises:
            ModelError: the detector can't be loaded.
            ValueError: pixels of another shape or type, anything else, or a detector without a framing.
        """
        if not isinstance(picture, Picture):
            kind = type(picture).__name__
            raise ValueError(f"picture: expected a path, bytes, a Pillow image or an array of pixels, got {kind}")
        name = name or (str(picture) if isinstance(picture, str | Path) else "picture")
        try:
            image = picture if isinstance(picture, np.ndarray) else decode(picture, name)
        except PictureError as error:
            return PicturePrediction(name, None, None, error=str(error))
        check_pixels("picture", image)
        height, width = image.shape[:2]
        if whole:
            detections, crops = [Detection((0, 0, width, height), 1.0)], [crop_whole(image)]
        else:
            framing, detections = self.framing, self.detector.detect(image)
            crops = [crop_face(image, found, framing) for found in detections]
        faces = self._faces(detections, np.array(crops)) if crops else ()
        return PicturePrediction(name, width, height, faces, self.ensemble.names)

    def _faces(self, detections: list[Detection], crops: np.ndarray) -> tuple[FacePrediction, ...]:
        members = self.ensemble.member_probabilities(crops)
        probabilities = self.ensemble.combine(members)
        certain = probabilities.max(axis=1) >= self.ensemble.card.not_sure_below
        return tuple(
            FacePrediction(
                box=_whole_pixels(found.box),
                score=found.score,
                probabilities=probabilities[i],
                member_probabilities=members[:, i],
                certain=bool(certain[i]),
                crop=crops[i],
                roll=found.roll,
            )
            for i, found in enumerate(detections)
        )


def _whole_pixels(box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    x, y, width, height = box
    left, top, right, bottom = round(x), round(y), round(x + width), round(y + height)
    return left, top, right - left, bottom - top
