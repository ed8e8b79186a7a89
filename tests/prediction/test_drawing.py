import numpy as np
import pytest

from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.prediction import FacePrediction, PicturePrediction, annotate
from fer_core.prediction.decode import decode
from fer_core.prediction.drawing import encode, label_text


def _prediction(size, box, emotion="happy", certain=True):
    width, height = size
    probabilities = np.where(np.array(EMOTIONS) == emotion, 0.94, 0.01).astype(np.float32)
    face = FacePrediction(box, 0.9, probabilities, probabilities[None], certain, np.zeros((48, 48), np.uint8))
    return PicturePrediction("picture", width, height, (face,), ("one",))


def _drawn(size, box, **options):
    return annotate(np.zeros((size[1], size[0], 3), np.uint8), _prediction(size, box, **options))


def _in_colour(image, emotion="happy"):
    return (image == tuple(bytes.fromhex(COLOURS[emotion][1:]))).all(axis=2)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_box_is_drawn_in_the_colour_of_the_class(emotion):
    ours = _in_colour(_drawn((640, 480), (200, 150, 100, 120), emotion=emotion), emotion)

    assert ours[200, 200]
    assert ours[269, 250]
    assert not ours[200, 250], "the face itself is left as it is"


@pytest.mark.parametrize(
    "corner", [(0, 0), (540, 0), (0, 360), (540, 360)], ids=["upper left", "upper right", "lower left", "lower right"]
)
def test_labels_stay_inside_the_picture(corner):
    in_the_middle = _in_colour(_drawn((640, 480), (270, 180, 100, 120))).sum()

    assert _in_colour(_drawn((640, 480), (*corner, 100, 120))).sum() > 0.8 * in_the_middle


def test_a_small_picture_is_enlarged_so_that_its_label_can_be_read():
    drawn = _drawn((48, 48), (10, 15, 30, 30))

    assert drawn.shape == (480, 480, 3)
    assert np.flatnonzero(_in_colour(drawn).any(axis=1))[0] < 150 - 14, "the label stands above the box"


def test_labels_grow_with_the_picture():
    def label_height(factor):
        drawn = _drawn((640 * factor, 480 * factor), (200 * factor, 150 * factor, 80 * factor, 90 * factor))
        return 150 * factor - np.flatnonzero(_in_colour(drawn).any(axis=1))[0]

    assert label_height(6) > 3 * label_height(1)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (500, 6)])
def test_pictures_of_odd_shapes_are_drawn(size):
    assert _drawn(size, (0, 0, *size)).shape[2] == 3


@pytest.mark.parametrize("shape", [(5000, 1), (1, 5000), (700, 2), (50, 40)])
def test_a_picture_is_reduced_to_the_longer_side_that_is_asked_for(shape):
    reduced = decode(encode(np.full((*shape, 3), 90, np.uint8), max_side=100)).shape[:2]

    assert max(reduced) == min(100, max(shape))
    assert min(reduced) == max(1, round(min(shape) * max(reduced) / max(shape)))


def test_an_unsure_answer_looks_different():
    sure, unsure = (_drawn((640, 480), (200, 150, 100, 120), certain=certain) for certain in (True, False))

    assert (sure != unsure).any()


def test_of_several_faces_each_has_its_number_and_the_chosen_one_a_thicker_box():
    (first,), (second,) = (
        _prediction((640, 480), box, emotion=emotion).faces
        for box, emotion in [((60, 150, 100, 120), "happy"), ((400, 150, 100, 120), "sad")]
    )

    def drawn(*faces, chosen=None):
        found = PicturePrediction("picture", 640, 480, faces, ("one",))
        return annotate(np.zeros((480, 640, 3), np.uint8), found, chosen=chosen)

    plain, marked = drawn(first, second), drawn(first, second, chosen=1)
    half = np.s_[:, :320]
    assert _in_colour(plain)[half].sum() > _in_colour(drawn(first)).sum(), "the label is longer by the number"
    assert (plain[half] != drawn(second, first)[half]).any(), "2 in place of 1"
    assert (plain[half] == marked[half]).all()
    assert _in_colour(marked, "sad").sum() > _in_colour(plain, "sad").sum()


def test_the_given_picture_is_left_alone():
    image = np.zeros((480, 640, 3), np.uint8)
    annotate(image, _prediction((640, 480), (200, 150, 100, 120)))

    assert not image.any()


@pytest.mark.parametrize(
    "image", [np.zeros((48, 48, 4), np.uint8), np.zeros((48, 48), np.uint8), np.zeros((48, 48, 3))]
)
def test_what_is_no_rgb_is_refused(image):
    with pytest.raises(ValueError, match=r"image: expected uint8 \(height, width, 3\), got"):
        annotate(image, _prediction((48, 48), (10, 15, 30, 30)))


def test_a_label_calls_nothing_certain():
    shares = np.where(np.array(EMOTIONS) == "happy", 0.997, 0.0005)
    face = FacePrediction((0, 0, 9, 9), 0.9, shares, shares[None], True, np.zeros((48, 48), np.uint8))

    assert label_text(face) == "Happy >99%"
