from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from fer_core.prediction.crops import crop_face, crop_whole
from fer_core.prediction.detection import Detection
from fer_core.prediction.disturb import STEPS, Disturbance, disturbed, flips, sweep
from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.framing import Framing
from fer_core.prediction.predictor import FacePrediction

FRAMING = Framing(x=0.5, y=0.55, size=0.7, spread=0.1, found=1, images=1)
BOX = (180, 60, 90, 120)


def face_of(crop: np.ndarray, box: tuple[int, int, int, int] = BOX) -> FacePrediction:
    return FacePrediction(box, 1.0, np.full(7, 1 / 7), np.full((1, 7), 1 / 7), True, crop)


@pytest.fixture
def face(astronaut: np.ndarray) -> FacePrediction:
    return face_of(crop_face(astronaut, Detection(BOX, 1.0), FRAMING))


def test_nothing_to_do_gives_the_crop(astronaut: np.ndarray, face: FacePrediction) -> None:
    np.testing.assert_array_equal(disturbed(astronaut, face.detection, face.crop, FRAMING, Disturbance()), face.crop)


def test_the_smallest_turn_and_margin_change_hardly_anything(astronaut: np.ndarray, face: FacePrediction) -> None:
    for how in (Disturbance(rotation=1e-6), Disturbance(margin=1e-6)):
        assert np.abs(disturbed(astronaut, face.detection, face.crop, FRAMING, how).astype(int) - face.crop).mean() < 2


def test_a_whole_picture_can_be_disturbed_too(astronaut: np.ndarray) -> None:
    wide = astronaut[:300]
    face = face_of(crop_whole(wide), (0, 0, 512, 300))
    again = disturbed(wide, face.detection, face.crop, None, Disturbance(margin=1e-6))
    assert np.abs(again.astype(int) - face.crop).mean() < 4


@pytest.mark.parametrize("shape", [(5000, 1), (1, 5000)])
def test_a_very_narrow_picture_can_be_turned(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 90, dtype=np.uint8)
    face = face_of(crop_whole(picture), (0, 0, *shape[::-1]))
    assert disturbed(picture, face.detection, face.crop, None, Disturbance(rotation=20)).shape == (48, 48)


def test_darkness_leaves_no_light_and_occlusion_covers_from_below(astronaut: np.ndarray, face: FacePrediction) -> None:
    assert disturbed(astronaut, face.detection, face.crop, FRAMING, Disturbance(darkness=1)).max() == 0
    covered = disturbed(astronaut, face.detection, face.crop, FRAMING, Disturbance(occlusion=0.5))
    np.testing.assert_array_equal(covered[:24], face.crop[:24])
    assert (covered[24:] == 128).all()


def test_a_wider_margin_shows_more_around_the_face(astronaut: np.ndarray, face: FacePrediction) -> None:
    wide = disturbed(astronaut, face.detection, face.crop, FRAMING, Disturbance(margin=1.0))
    inner = np.repeat(np.repeat(wide[12:36, 12:36], 2, axis=0), 2, axis=1)
    assert np.corrcoef(inner.ravel(), face.crop.ravel())[0, 1] > 0.9


def test_a_turn_by_180_degrees_is_upside_down(astronaut: np.ndarray) -> None:
    framing = replace(FRAMING, y=0.5)
    face = face_of(crop_face(astronaut, Detection(BOX, 1.0), framing))
    turned = disturbed(astronaut, face.detection, face.crop, framing, Disturbance(rotation=180))
    assert np.corrcoef(turned[::-1, ::-1].ravel(), face.crop.ravel())[0, 1] > 0.9


def test_a_face_at_the_edge_can_be_turned(astronaut: np.ndarray) -> None:
    box = (0, 0, 60, 60)
    face = face_of(crop_face(astronaut, Detection(box, 1.0), FRAMING), box)
    assert disturbed(astronaut, face.detection, face.crop, FRAMING, Disturbance(rotation=45, margin=1.5)).shape == (
        48,
        48,
    )


@pytest.mark.parametrize("field", [field.name for field in fields(Disturbance)])
def test_each_field_can_be_swept_and_starts_at_the_undisturbed_answer(
    field: str, tiny_card: Path, astronaut: np.ndarray, face: FacePrediction
) -> None:
    ensemble = Ensemble.load(tiny_card)
    answers = sweep(ensemble, astronaut, face, FRAMING, field, Disturbance())
    assert answers.shape == (len(STEPS[field]), 7)
    start = STEPS[field].tolist().index(getattr(Disturbance(), field))
    np.testing.assert_allclose(answers[start], ensemble.probabilities(face.crop[None])[0], atol=1e-5)


def test_flips_are_the_first_changes_on_each_side() -> None:
    answers = np.eye(7)[[2, 1, 0, 0, 3, 0]]
    assert flips([-2, -1, 0, 1, 2, 3], answers, 0) == [-1, 2]
    assert flips([0, 1], np.eye(7)[[4, 4]], 0) == []


@pytest.mark.parametrize(("field", "value"), [("darkness", 1.2), ("resolution", 0), ("margin", -1), ("blur", -1)])
def test_values_out_of_range_are_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        replace(Disturbance(), **{field: value})
