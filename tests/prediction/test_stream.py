import threading
from dataclasses import replace

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.newest import NewestFirst
from fer_core.prediction.stream import LiveStream, StreamSettings
from fer_core.prediction.stream_drawing import draw_faces
from tests.prediction.clips import frame_at, moving

PATIENCE = 60


class Gate:
    """Work that waits until it is let through."""

    def __init__(self):
        self.began, self.go_on, self.seen = threading.Semaphore(0), threading.Semaphore(0), []

    def __call__(self, thing):
        self.began.release()
        self.go_on.acquire(timeout=PATIENCE)
        self.seen.append(thing)


def test_only_the_newest_thing_waits():
    gate = Gate()
    newest = NewestFirst(gate)
    newest.submit(0)
    assert gate.began.acquire(timeout=PATIENCE)
    for thing in range(1, 100):
        newest.submit(thing)
    gate.go_on.release(2)
    assert gate.began.acquire(timeout=PATIENCE)
    newest.close()

    assert newest.join(PATIENCE)
    assert gate.seen == [0, 99]
    assert (newest.done, newest.dropped) == (2, 98)


def test_one_thing_that_fails_does_not_end_the_work(caplog):
    done = threading.Event()

    def work(thing):
        if thing == "bad":
            raise ValueError("a bad frame")
        done.set()

    newest = NewestFirst(work)
    newest.submit("bad")
    newest.join(0.2)
    assert isinstance(newest.error, ValueError)
    newest.submit("good")
    assert done.wait(PATIENCE)
    newest.close()
    assert newest.join(PATIENCE)
    assert newest.error is None


def test_the_thread_ends_when_nothing_comes_and_starts_again():
    seen = threading.Semaphore(0)
    newest = NewestFirst(lambda _: seen.release(), idle_seconds=0.01)
    for _ in range(2):
        newest.submit("frame")
        assert seen.acquire(timeout=PATIENCE)
        assert newest.join(PATIENCE)
    newest.close()
    newest.submit("after the end")
    assert newest.join(0)
    assert newest.done == 2


def test_a_frame_comes_back_with_its_face_drawn_in(predictor, astronaut):
    frame = frame_at(astronaut, 80)
    answered = LiveStream(predictor, settings=StreamSettings(mirror=False)).process(frame, 0.0)

    assert answered.image.shape == frame.shape
    assert (answered.image != frame).any()
    (face,) = answered.faces
    assert face.prediction.emotion in EMOTIONS


def test_the_mirror_turns_the_picture_and_not_the_writing(predictor, astronaut):
    frame = frame_at(astronaut, 0)
    plain, mirrored = (
        LiveStream(predictor, settings=StreamSettings(mirror=mirror)).process(frame, 0.0) for mirror in (False, True)
    )

    assert plain.faces[0].prediction.box == mirrored.faces[0].prediction.box
    np.testing.assert_array_equal(mirrored.image[400:], plain.image[400:, ::-1])
    assert (mirrored.image != plain.image[:, ::-1]).any(), "the label is not mirrored"


def test_the_words_on_the_picture_are_those_of_the_reader(predictor, astronaut):
    frame = frame_at(astronaut, 80)
    english, korean = (
        LiveStream(predictor, settings=StreamSettings(words=words)).process(frame, 0.0).image
        for words in (EMOTIONS, ("분노", "혐오", "두려움", "행복", "무표정", "슬픔", "놀람"))
    )

    assert (english != korean).any()


def test_the_picture_stays_bare_where_the_answer_is_not_to_be_seen(predictor, astronaut):
    frame = frame_at(astronaut, 80)
    answered = LiveStream(predictor, settings=StreamSettings(mirror=False, annotated=False)).process(frame, 0.0)

    np.testing.assert_array_equal(answered.image, frame)
    assert answered.faces


def test_evidence_is_laid_over_the_face_alone(predictor, astronaut):
    frame = frame_at(astronaut, 80)
    plain, laid = (
        LiveStream(predictor, settings=StreamSettings(evidence=evidence, mirror=False)).process(frame, 0.0)
        for evidence in (False, True)
    )

    x, y, width, height = laid.faces[0].prediction.box
    assert (plain.image[y : y + height, x : x + width] != laid.image[y : y + height, x : x + width]).any()
    np.testing.assert_array_equal(plain.image[400:], laid.image[400:])


def test_another_predictor_answers_from_the_next_frame_on(predictor, tiny_models, astronaut):
    frame = frame_at(astronaut, 100, (640, 480))
    stream = LiveStream(predictor, settings=StreamSettings(evidence=True))
    assert len(stream.process(frame, 0.0).faces[0].prediction.member_probabilities) == 3
    alone = Predictor(Ensemble.of_model(tiny_models[1]), predictor.detector)
    stream.use(alone)
    answered = stream.process(frame, 0.1)
    assert len(answered.faces[0].prediction.member_probabilities) == 1
    assert (stream.predictor, answered.number) == (alone, 2)
    assert answered.faces[0].track == 2, "another predictor finds faces anew, so this may be another face"


def test_a_slow_answer_skips_frames_and_the_delay_stays_bounded(predictor, astronaut):
    gate, times = Gate(), iter(np.arange(10_000) * 0.01)
    stream = LiveStream(predictor, on_answer=gate, timer=lambda: next(times))
    stream.submit(frame_at(astronaut, 0))
    assert gate.began.acquire(timeout=PATIENCE)
    for frame in moving(astronaut, 30):
        stream.submit(frame)
    gate.go_on.release(2)
    assert gate.began.acquire(timeout=PATIENCE)
    stream.close()

    assert stream.join(PATIENCE)
    statistics = stream.statistics()
    assert (statistics.frames, statistics.dropped) == (2, 29)
    assert gate.seen[-1].faces[0].prediction.box[0] > gate.seen[0].faces[0].prediction.box[0] + 50


@pytest.mark.parametrize(
    ("takes", "answered_every", "overtaken", "for_seconds", "slow"),
    [
        (0.1, 0.1, 2, 8, True),
        (0.1, 0.1, 2, 2, False),
        (0.02, 0.1, 0, 8, False),
        (0.055, 1 / 15, 0, 8, False),
        (0.04, 0.04, 0, 8, False),
        (0.2, 0.2, 2, 8, True),
        (3.0, 3.0, 44, 12, True),
    ],
    ids=[
        *("slow answers", "not for long yet", "a slow camera", "a camera of 15 frames a second", "fast enough"),
        *("slow answers to 15 frames a second", "one answer in three seconds"),
    ],
)
def test_answers_too_slow_for_a_smooth_picture_are_told(predictor, takes, answered_every, overtaken, for_seconds, slow):
    now = [0.0]

    def pass_time(_):
        now[0] += takes

    stream = LiveStream(predictor, on_answer=pass_time, timer=lambda: now[0])
    stream._began = 0.0
    for arrived in np.arange(0, for_seconds, answered_every):
        now[0] = arrived
        stream._worker.dropped += overtaken
        stream._answer((np.zeros((48, 64, 3), np.uint8), arrived))
    assert stream.statistics().slow is slow


@pytest.mark.parametrize("paused", [True, False], ids=["paused", "the camera stood still"])
def test_after_a_break_the_speed_is_that_since_it(predictor, paused):
    now = [0.0]
    stream = LiveStream(predictor, timer=lambda: now[0])
    stream._worker.submit = lambda work: None

    def run(begin, seconds):
        for now[0] in np.arange(begin, begin + seconds, 1 / 22):
            stream.submit(np.zeros((48, 64, 3), np.uint8))
            if not stream.settings.paused:
                stream._worker.dropped += 1
                stream._timings.append((now[0], now[0], stream._worker.dropped))

    run(0.0, 8.0)
    stream.settings = StreamSettings(paused=paused)
    if paused:
        run(8.0, 10.0)
        stream.settings = StreamSettings()
    run(18.0, 2.0)

    assert stream.statistics().fps == pytest.approx(22, abs=1)
    assert not stream.statistics().slow
    stream.close()


def test_the_speed_of_another_predictor_is_its_own(predictor, tiny_models):
    now = [0.0]
    other = Predictor(Ensemble.of_model(tiny_models[1]), predictor.detector)
    stream = LiveStream(predictor, timer=lambda: now[0])
    stream._began = 0.0

    def answer(seconds):
        arrived = now[0]
        now[0] += seconds
        stream._answer((np.zeros((48, 64, 3), np.uint8), arrived))

    answer(0.3)
    stream.use(other)
    assert np.isnan(stream.statistics().delay)
    answer(0.1)
    assert stream.statistics().delay == pytest.approx(0.1)

    stream._on_answer = lambda _: stream.use(predictor)
    answer(0.5)
    assert np.isnan(stream.statistics().delay), "an answer of the one before, which came after the change"


def test_a_camera_that_stops_is_told_by_its_silence(predictor, astronaut):
    now = [0.0]
    stream = LiveStream(predictor, timer=lambda: now[0])
    assert stream.statistics().silent is None
    stream.submit(frame_at(astronaut, 0))
    now[0] = 7.0

    assert stream.statistics().silent == 7.0
    stream.close()
    assert stream.join(PATIENCE)
    assert stream.latest is None or stream.latest.number == 1


def test_a_paused_stream_answers_nothing_and_goes_on_afterwards(predictor, astronaut):
    answered = threading.Semaphore(0)
    stream = LiveStream(predictor, settings=StreamSettings(paused=True), on_answer=lambda _: answered.release())
    stream.submit(frame_at(astronaut, 0))
    assert stream.join(0)
    assert stream.latest is None

    stream.settings = StreamSettings()
    stream.submit(frame_at(astronaut, 0))
    assert answered.acquire(timeout=PATIENCE)
    stream.close()


@pytest.mark.parametrize("frame", [np.zeros((0, 0, 3), np.uint8), np.zeros((1, 1, 3), np.uint8), None])
def test_a_frame_that_cannot_be_read_does_not_end_the_stream(predictor, astronaut, frame, caplog):
    answered = threading.Event()
    stream = LiveStream(predictor, on_answer=lambda found: found.faces and answered.set())
    stream.submit(frame)
    stream.join(0.2)
    stream.submit(frame_at(astronaut, 0))

    assert answered.wait(PATIENCE)
    stream.close()
    assert stream.join(PATIENCE)


def test_ten_streams_at_once_all_answer_and_leave_nothing_behind(predictor, astronaut):
    before = set(threading.enumerate())
    streams, answered = [], []
    for _ in range(10):
        done = threading.Event()
        streams.append(LiveStream(predictor, on_answer=lambda _, done=done: done.set()))
        answered.append(done)
    for number, frame in enumerate(moving(astronaut, 10)):
        for stream in streams:
            stream.submit(frame)
        if number == 0:
            assert all(done.wait(PATIENCE) for done in answered)
    for stream in streams:
        stream.close()

    assert all(stream.join(PATIENCE) for stream in streams)
    assert set(threading.enumerate()) <= before
    assert all(face.track == 1 for stream in streams for face in stream.latest.faces)


def test_several_faces_have_their_numbers_and_the_bars_say_whose_they_are(predictor, astronaut):
    frame = frame_at(astronaut, 0)
    (face,) = LiveStream(predictor).process(frame, 0.0).faces
    x, y, width, height = face.prediction.box
    other = replace(face, track=7, prediction=replace(face.prediction, box=(480, 300, width // 2, height // 2)))

    def changed(one, another, **how):
        return np.argwhere((draw_faces(frame, one, **how) != draw_faces(frame, another)).any(axis=2))

    assert not len(changed([face], [replace(face, track=7)])), "one face has no number"
    assert len(changed([face], [face], numbered=True))
    places = changed([face, other], [replace(face, track=3), other])
    assert (places[:, 0] < y + height).all(), "the number of the first face alone"
    assert (places[:, 1] < x + width).any(), "on its label"
    assert (places[:, 1] >= x + width).any(), "and above the bars"
