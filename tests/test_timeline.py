import json

import numpy as np
import pytest

from fer_core.charts.timeline import MOST_POINTS, emotion_lines, emotion_ribbons, last_minute_lines
from fer_core.emotions import COLOURS, EMOTIONS


@pytest.fixture
def course() -> tuple[np.ndarray, np.ndarray]:
    return np.arange(20) / 5, np.random.default_rng(0).dirichlet(np.ones(7), 20)


def test_each_emotion_is_a_line_with_its_own_colour_and_dash(course):
    lines = emotion_lines(*course).data

    assert [line.name for line in lines] == list(EMOTIONS)
    assert [line.line.color for line in lines] == list(COLOURS.values())
    assert len({line.line.dash for line in lines}) == 7
    np.testing.assert_allclose(lines[3].y, course[1][:, 3], atol=1e-4)


def test_a_long_course_is_thinned_out_from_its_first_to_its_last_point():
    times = np.arange(50_000) / 5
    line = emotion_lines(times, np.full((50_000, 7), 1 / 7)).data[0]

    assert len(line.x) <= MOST_POINTS
    assert (line.x[0], line.x[-1]) == (0, times[-1])


def test_an_empty_course_can_be_drawn():
    assert len(emotion_lines(np.empty(0), np.empty((0, 7))).data) == 7


def test_the_last_minute_counts_backwards():
    axis = last_minute_lines(np.array([-3.0, 0.0]), np.full((2, 7), 1 / 7)).layout.xaxis

    assert axis.range == (-60, 0)
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True))[-15] == "15"


def test_a_mark_of_a_ribbon_says_which_row_and_face_it_is():
    figure = emotion_ribbons([2, 5], np.array([0, 0, 1, 1]), np.array([2, 5, 2, 9]), np.array([3, 6, 3, 0]))
    marks = {trace.name: trace for trace in figure.data}

    assert [list(data) for data in marks["happy"].customdata] == [[0, 2], [2, 2]]
    assert [list(data) for data in marks["surprised"].customdata] == [[1, 5]]
    assert (marks["happy"].y, marks["surprised"].y) == ((0, 0), (1,))
    assert marks["angry"].x == (None,), "face 9 has no row"
    assert figure.layout.yaxis.ticktext == ("face 2", "face 5")


def test_the_marks_of_each_emotion_have_their_own_shape_and_the_chosen_one_a_ring():
    figure = emotion_ribbons([2, 5], np.array([0, 0, 1]), np.array([2, 5, 5]), np.array([3, 6, 3]), chosen=2)
    *marks, ring = figure.data

    assert len({trace.marker.symbol for trace in marks}) == len(EMOTIONS)
    assert (ring.x, ring.y) == ((1,), (1,))
    assert {trace.unselected.marker.opacity for trace in figure.data} == {1}, "a click dims nothing"


def test_figures_are_plain_json(course):
    for figure in (emotion_lines(*course), emotion_ribbons([1], course[0], np.ones(20, int), np.zeros(20, int))):
        json.loads(figure.to_json(), parse_constant=lambda name: pytest.fail(name))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"probabilities: expected shape \(3, 7\)"):
        emotion_lines(np.arange(3), np.ones((2, 7)))
    with pytest.raises(ValueError, match=r"labels: expected shape \(3\)"):
        emotion_ribbons([1], np.arange(3), np.ones(3), np.ones(2))
