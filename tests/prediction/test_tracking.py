import numpy as np
import pytest

from fer_core.prediction.detection import Detection
from fer_core.prediction.tracking import KEEP_SECONDS, MOST_FACES, FaceTracker, Track, overlap
from tests.prediction.clips import frame_at

HAPPY, SAD = np.eye(7)[3], np.eye(7)[5]


def gray(frame):
    return frame.mean(axis=2).astype(np.uint8)


def found(*boxes):
    return [Detection(box, 0.9) for box in boxes]


def numbers(tracker):
    return [track.number for track in tracker.visible]


def test_overlap_is_the_share_of_the_area_that_both_cover():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [20, 20, 5, 5]], float)

    np.testing.assert_allclose(overlap(boxes[:1], boxes), [[1, 50 / 150, 0]])


def test_two_faces_keep_their_numbers_whatever_the_order_of_the_detections():
    tracker = FaceTracker()
    tracker.assign(found((0, 0, 40, 40), (100, 0, 40, 40)), 0)
    tracker.assign(found((104, 2, 40, 40), (3, 1, 40, 40)), 0.1)

    boxes = {track.number: track.box[0] for track in tracker.tracks}
    assert boxes == {1: 3, 2: 104}


def test_a_face_that_moved_by_half_its_width_is_the_same_and_a_far_one_is_new():
    tracker = FaceTracker()
    tracker.assign(found((0, 0, 40, 40)), 0)
    tracker.assign(found((20, 0, 40, 40)), 0.1)
    assert numbers(tracker) == [1]

    tracker.assign(found((200, 100, 40, 40)), 0.2)
    assert numbers(tracker) == [2]


def test_a_face_that_is_missed_once_is_out_of_sight_and_keeps_its_number():
    tracker = FaceTracker()
    tracker.assign(found((0, 0, 40, 40)), 0)
    tracker.assign([], 0.5)
    assert numbers(tracker) == []

    tracker.assign(found((2, 0, 40, 40)), 1.0)
    assert numbers(tracker) == [1]


def test_a_face_that_is_away_for_long_comes_back_as_another():
    tracker = FaceTracker()
    tracker.assign(found((0, 0, 40, 40)), 0)
    tracker.assign([], KEEP_SECONDS + 0.1)
    tracker.assign(found((0, 0, 40, 40)), KEEP_SECONDS + 0.2)

    assert numbers(tracker) == [2]
    assert len(tracker.tracks) == 1


def row(top, faces=16):
    return found(*((60 * place, top, 40, 40) for place in range(faces)))


def test_after_a_cut_as_many_new_faces_are_followed():
    tracker = FaceTracker()
    tracker.assign(row(0), 0)
    tracker.assign(row(500), 0.5)
    assert numbers(tracker) == list(range(17, 33))
    assert len(tracker.tracks) == MOST_FACES


def test_faces_out_of_sight_keep_their_numbers_while_there_is_room():
    tracker = FaceTracker()
    tracker.assign(row(0, 6), 0)
    tracker.assign(row(500, 12), 0.5)
    assert numbers(tracker) == list(range(7, 19))
    assert len(tracker.tracks) == MOST_FACES

    tracker.assign([*row(500, 12), *row(0, 6)], 1)
    assert sorted(numbers(tracker)) == [1, 2, 3, 4, *range(7, 19)]


def test_no_more_faces_are_followed_than_asked_for_and_those_keep_their_places():
    tracker = FaceTracker(most=2)
    tracker.assign(row(0, 3)[:2], 0)
    tracker.assign(row(0, 3)[::-1], 0.5)
    assert numbers(tracker) == [1, 2]
    tracker.assign(row(0, 3)[1:], 1)
    assert numbers(tracker) == [2, 3]


def test_boxes_follow_the_picture_between_detections(astronaut):
    tracker = FaceTracker()
    tracker.follow(gray(frame_at(astronaut, 0)))
    tracker.assign(found((170, 60, 90, 110)), 0)
    for shift in (4, 9, 13):
        assert tracker.follow(gray(frame_at(astronaut, shift)))

    np.testing.assert_allclose(tracker.tracks[0].box, (183, 60, 90, 110), atol=2)


def test_a_cut_to_another_picture_is_noticed(astronaut):
    tracker = FaceTracker()
    tracker.follow(gray(frame_at(astronaut, 0)))
    tracker.assign(found((170, 60, 90, 110)), 0)

    noise = np.random.default_rng(0).integers(0, 256, (480, 640), dtype=np.uint8)
    assert not tracker.follow(noise)
    np.testing.assert_array_equal(tracker.tracks[0].box, (170, 60, 90, 110))


def test_a_frame_of_another_size_cannot_be_followed_and_harms_nothing(astronaut):
    tracker = FaceTracker()
    tracker.follow(gray(frame_at(astronaut, 0)))
    tracker.assign(found((170, 60, 90, 110)), 0)

    assert not tracker.follow(np.zeros((100, 80), np.uint8))


def test_answers_are_smoothed_by_their_age_and_not_by_their_number():
    often, seldom = (Track(1, np.zeros(4), 1.0, 0.0) for _ in range(2))
    for track in (often, seldom):
        track.answer(HAPPY, 0.0, time_constant=1.0)
    for time in np.linspace(0, 1, 11)[1:]:
        often.answer(SAD, time, time_constant=1.0)
    seldom.answer(SAD, 1.0, time_constant=1.0)

    np.testing.assert_allclose(often.probabilities, seldom.probabilities, atol=1e-6)
    assert seldom.probabilities[3] == pytest.approx(np.exp(-1), abs=1e-6)
    assert seldom.probabilities.sum() == pytest.approx(1)


def test_without_smoothing_the_newest_answer_counts():
    track = Track(1, np.zeros(4), 1.0, 0.0)
    track.answer(HAPPY, 0.0, time_constant=0)
    track.answer(SAD, 0.01, time_constant=0)

    np.testing.assert_array_equal(track.probabilities, SAD)
