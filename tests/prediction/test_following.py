import numpy as np
import pytest

from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.detection import CenterFaceDetector, Detection
from fer_core.prediction.following import FaceFollower
from tests.prediction.clips import frame_at, moving


class CountingDetector:
    """Finds what it is told to, and counts how often it was asked."""

    name = "centerface"

    def __init__(self, *boxes):
        self.boxes, self.calls, self.shapes = boxes, 0, set()

    def detect(self, image):
        self.calls += 1
        self.shapes.add(image.shape[:2])
        return [Detection(box, 0.9) for box in self.boxes]


@pytest.fixture(scope="module")
def ensemble(tiny_card):
    return Ensemble.load(tiny_card)


@pytest.fixture(scope="module")
def predictor(ensemble):
    return Predictor(ensemble, CenterFaceDetector())


def test_a_moving_face_is_one_face_and_its_box_moves_along(predictor, astronaut):
    follower = FaceFollower(predictor)
    answers = [follower(frame, number / 30) for number, frame in enumerate(moving(astronaut, 45))]

    assert {face.track for faces in answers for face in faces} == {1}
    first, last = (answers[place][0].prediction.box for place in (0, -1))
    assert last[0] - first[0] == pytest.approx(3 * 44, abs=15)
    assert last[2] == pytest.approx(first[2], rel=0.2)


def test_faces_are_not_looked_for_in_every_frame_while_tracking_holds(predictor, astronaut):
    follower = FaceFollower(predictor)
    for number, frame in enumerate(moving(astronaut, 45)):
        follower(frame, number / 30)

    assert 2 <= follower.detections <= 5


def test_faces_are_looked_for_in_a_reduced_frame_and_told_in_pixels_of_the_full_one(ensemble, astronaut):
    detector = CountingDetector((160, 40, 80, 100))
    (face,) = FaceFollower(Predictor(ensemble, detector))(frame_at(astronaut, 0, (1280, 960)), 0)

    assert detector.shapes == {(480, 640)}
    assert face.prediction.box == (320, 80, 160, 200)


def test_after_a_cut_faces_are_looked_for_at_once(ensemble, astronaut):
    detector = CountingDetector((85, 30, 45, 55))
    follower = FaceFollower(Predictor(ensemble, detector))
    follower(frame_at(astronaut, 0), 0.0)
    follower(frame_at(astronaut, 2), 0.1)
    assert detector.calls == 1

    follower(np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8), 0.2)
    assert detector.calls == 2


def test_with_little_time_the_faces_are_asked_in_turn(ensemble):
    seconds = iter(np.arange(1000) * 0.5)
    boxes = [(20 + 70 * place, 50, 40, 40) for place in range(4)]
    follower = FaceFollower(
        Predictor(ensemble, CountingDetector(*boxes)), budget=0.3, time_constant=0, timer=lambda: next(seconds)
    )
    frames = np.random.default_rng(1).integers(0, 256, (2, 240, 320, 3), dtype=np.uint8)
    follower(frames[0], 0.0)  # new faces are all asked
    before = {face.track: face.prediction.crop for face in follower(frames[0], 0.05)}
    changed = []
    for step in range(4):
        after = {face.track: face.prediction.crop for face in follower(frames[0], 0.1 + 0.01 * step)}
        changed.append([track for track in after if after[track] is not before[track]])
        before = after

    assert all(0 < len(tracks) < 4 for tracks in changed)
    assert {track for tracks in changed for track in tracks} == {1, 2, 3, 4}


def test_class_maps_are_kept_where_asked_for(predictor, astronaut):
    follower = FaceFollower(predictor)
    follower.with_maps = True
    (face,) = follower(frame_at(astronaut, 0), 0)

    assert [None if maps is None else maps.shape for maps in face.class_maps] == [(6, 6, 7), (6, 6, 7), None]


def test_times_that_go_backwards_begin_with_a_new_detection(ensemble, astronaut):
    detector = CountingDetector((85, 30, 45, 55))
    follower = FaceFollower(Predictor(ensemble, detector))
    follower(frame_at(astronaut, 0), 10.0)
    follower(frame_at(astronaut, 0), 1.0)

    assert detector.calls == 2
