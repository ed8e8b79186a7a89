import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_core.opencv import cv2
from fer_core.prediction.crops import DARK, LIGHT, brightened, crop_face, crop_whole
from fer_core.prediction.detection import CenterFaceDetector, Detection
from fer_core.prediction.framing import Framing, framing_of, measure_framing, write_framing

CENTRED = Framing(x=0.5, y=0.5, size=0.5, spread=0.1, found=1.0, images=1)


@pytest.fixture
def slope():
    """(300, 400, 3): 140 + x / 4 in all channels, nowhere dark."""
    return np.repeat(np.tile((140 + np.arange(400) / 4).astype(np.uint8), (300, 1))[..., None], 3, axis=2)


def test_the_box_stands_in_the_crop_where_the_framing_says():
    image = np.zeros((300, 400, 3), np.uint8)
    image[100:148, 200:248] = 255
    framing = Framing(x=0.25, y=0.75, size=0.5, spread=0.1, found=1.0, images=1)

    crop = crop_face(image, Detection((200, 100, 48, 48), 1.0), framing)

    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    expected = np.zeros((48, 48), np.uint8)
    expected[24:, :24] = 255
    np.testing.assert_array_equal(crop, expected)


@pytest.mark.parametrize(
    "box", [(0, 0, 60, 60), (350, 250, 50, 50), (0, 0, 400, 300), (399, 299, 1, 1), (0, 9, 400, 2)]
)
def test_a_crop_that_leaves_the_picture_repeats_its_edge(slope, box):
    crop = crop_face(slope, Detection(box, 1.0), CENTRED)

    assert crop.shape == (48, 48)
    assert (np.diff(crop.astype(int), axis=1) >= 0).all(), "nothing dark was put in"
    assert crop.max() <= slope.max()


def test_fine_stripes_become_gray_and_not_a_pattern():
    stripes = np.zeros((960, 960, 3), np.uint8)
    stripes[:, ::2] = 255

    assert np.ptp(crop_face(stripes, Detection((240, 240, 480, 480), 1.0), CENTRED)) <= 1


def test_a_48x48_picture_taken_as_a_whole_stays_as_it_is(faces):
    rgb = np.repeat(faces[0][..., None], 3, axis=2)

    np.testing.assert_array_equal(crop_whole(rgb), faces[0])


@pytest.mark.parametrize("shape", [(1, 1), (1, 60_000), (60_000, 1), (100, 60), (31, 500)])
def test_a_whole_picture_of_any_shape_becomes_a_square(shape):
    assert crop_whole(np.full((*shape, 3), 177, np.uint8)).tolist() == np.full((48, 48), 177).tolist()


def test_the_crop_of_a_real_face_is_filled_by_it(astronaut):
    detector = CenterFaceDetector()
    (face,) = detector.detect(astronaut)

    crop = crop_face(astronaut, face, framing_of("centerface"))

    again = measure_framing(crop[None], detector)
    assert again.found == 1
    assert again.size == pytest.approx(framing_of("centerface").size, abs=0.15)


def test_the_measured_framing_says_how_it_was_measured():
    for name in ("centerface", "yunet"):
        framing = framing_of(name)
        assert framing.found > 0.9
        assert framing.images >= 1000
        assert 0.4 < framing.x < 0.6
        assert 0.4 < framing.y < 0.6


def test_a_dark_face_gets_the_light_of_the_training_images(astronaut):
    (face,) = CenterFaceDetector().detect(astronaut)
    framing = framing_of("centerface")
    light = crop_face(astronaut, face, framing)
    dark = crop_face(astronaut // 8, face, framing)
    assert np.percentile(light, 99) >= DARK
    assert np.percentile(dark, 99) == pytest.approx(LIGHT, abs=2)
    assert np.corrcoef(light.ravel(), dark.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("grey", [0, DARK, 255])
def test_a_crop_that_is_light_enough_or_black_stays_as_it_is(grey):
    crop = np.full((48, 48), grey, np.uint8)
    np.testing.assert_array_equal(brightened(crop), crop)


@pytest.mark.parametrize("degrees", [-25, 25])
@pytest.mark.parametrize("side", [512, 1500])
def test_a_tilted_head_is_cut_out_upright(astronaut, degrees, side):
    picture = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_CUBIC)
    detector, framing = CenterFaceDetector(), framing_of("centerface")
    (level,) = detector.detect(picture)
    x, y, width, height = level.box
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), -degrees, 1)
    tilted = cv2.warpAffine(picture, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)

    found = detector.detect(tilted)[0]

    assert 10 < found.roll * np.sign(degrees) < 40
    straight, upright = crop_face(picture, level, framing), crop_face(tilted, found, framing)
    askew = crop_face(tilted, replace(found, roll=0.0), framing)
    alike, not_alike = (np.corrcoef(straight.ravel(), crop.ravel())[0, 1] for crop in (upright, askew))
    assert alike > 0.75
    assert not_alike < 0.5


@pytest.mark.parametrize("degrees", [-25, 25])
@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("corner", [(2, 60), (150, 1), (440, 200), (200, 420)])
def test_a_tilted_head_at_the_pictures_edge_loses_nothing_of_it(astronaut, corner, scale, degrees):
    picture = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    framing, (left, top), edge = framing_of("centerface"), corner, 300 * scale
    face = Detection((left * scale, top * scale, 70 * scale, 90 * scale), 0.9, roll=degrees)
    wide = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    inside = Detection((left * scale + edge, top * scale + edge, 70 * scale, 90 * scale), 0.9, roll=degrees)

    difference = crop_face(picture, face, framing).astype(int) - crop_face(wide, inside, framing)

    most = 0 if scale == 1 else 20  # a reduced part lies a fraction of a pixel elsewhere
    assert np.abs(difference).max() <= most


def test_an_unmeasured_detector_has_no_framing():
    with pytest.raises(ValueError, match="measured for centerface, yunet, not for 'haar'"):
        framing_of("haar")


def test_measuring_finds_the_frame_that_pictures_were_cut_with(astronaut):
    detector = CenterFaceDetector()
    (face,) = detector.detect(astronaut)
    framing = Framing(x=0.5, y=0.45, size=0.7, spread=0.0, found=1.0, images=1)

    measured = measure_framing(np.stack([crop_face(astronaut, face, framing)] * 3), detector)

    assert measured.x == pytest.approx(0.5, abs=0.06)
    assert measured.y == pytest.approx(0.45, abs=0.06)
    assert measured.size == pytest.approx(0.7, abs=0.1)
    assert measured.images == 3


def test_measuring_pictures_without_faces_is_an_error():
    with pytest.raises(ValueError, match="found no face in 2 pictures"):
        measure_framing(np.zeros((2, 48, 48), np.uint8), CenterFaceDetector())


def test_what_was_measured_is_written_with_the_fingerprint_of_the_data(tmp_path):
    path = Path(tmp_path / "framing.json")

    write_framing({"centerface": CENTRED}, "0123456789abcdef", path)

    content = json.loads(path.read_text())
    assert content["data_fingerprint"] == "0123456789abcdef"
    assert content["detectors"]["centerface"]["size"] == 0.5
