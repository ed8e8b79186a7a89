import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.prediction.history import CHUNK, FaceHistory, stretches
from fer_core.prediction.stream import LiveStream, last_minute
from tests.prediction.clips import frame_at, moving


def test_the_history_is_a_table_with_a_row_for_each_face_and_fifth_of_a_second(predictor, astronaut):
    stream = LiveStream(predictor)
    for number, frame in enumerate(moving(astronaut, 31)):
        stream.process(frame, number / 30)
    table = stream.history.frame()

    assert list(table.columns) == [
        *("time", "face", "x", "y", "width", "height", "score", "emotion", "certain"),
        *EMOTIONS,
    ]
    assert table["time"].tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0], abs=0.04)
    np.testing.assert_allclose(table[list(EMOTIONS)].sum(axis=1), 1, atol=1e-5)
    assert (table["emotion"] == table[list(EMOTIONS)].idxmax(axis=1)).all()


def test_an_empty_history_is_an_empty_table():
    assert FaceHistory().frame().empty
    assert [part.shape for part in last_minute(FaceHistory(), 0.0)] == [(0,), (0, 7), (0,)]


def test_the_last_minute_is_that_of_the_largest_face(predictor, astronaut):
    stream = LiveStream(predictor)
    (face,) = stream.process(frame_at(astronaut, 0), 0.0).faces
    history = FaceHistory()
    for second in range(100):
        history.add([face, face], float(second))
    times, probabilities, _ = last_minute(history, 99.0)

    assert (times[0], times[-1], len(times)) == (39.0, 99.0, 61)
    np.testing.assert_allclose(probabilities, np.tile(face.prediction.probabilities, (61, 1)))


def test_the_last_minute_is_in_stretches_of_one_face_that_is_seen(predictor, astronaut):
    (face,) = LiveStream(predictor).process(frame_at(astronaut, 0), 0.0).faces
    other, history = replace(face, track=2), FaceHistory()
    for step in range(100):
        seen = () if 20 <= step < 40 else (face, other) if step < 80 else (other, face)
        history.add(seen, step / 5)
    times, _, stretches = last_minute(history, 20.0)

    began = times[np.flatnonzero(np.diff(stretches, prepend=-1))]
    assert began.tolist() == [0.0, 8.0, 16.0]


def test_slow_answers_are_not_taken_for_nobody():
    assert stretches(np.arange(9.0), np.ones(9), 0.2).tolist() == [0] * 9
    assert stretches(np.array([0.0, 1, 2, 9]), np.ones(4), 0.2).tolist() == [0, 0, 0, 1]
    times, steps = np.array([0, 0.2, 0.4, 0.6, 5.6, 6.6]), np.array([0.2, 0.2, 0.2, 5, 0.2])
    assert stretches(times, np.ones(6), steps).tolist() == [0, 0, 0, 0, 0, 1]


def test_a_long_session_keeps_its_memory(predictor, astronaut):
    (face,) = LiveStream(predictor).process(frame_at(astronaut, 0), 0.0).faces
    history = FaceHistory(most_rows=4 * CHUNK)
    tracemalloc.start()
    for second in range(5 * CHUNK):
        history.add([face], float(second))
    first, _ = tracemalloc.get_traced_memory()
    for second in range(5 * CHUNK, 15 * CHUNK):
        history.add([face], float(second))
    second, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert second < first * 1.1
    rows = history.rows()
    assert 3 * CHUNK < len(rows) <= 4 * CHUNK
    assert rows[-1, 0] == 15 * CHUNK - 1
