import itertools
import json

import numpy as np
import pytest

from fer_core.charts.timeline import MOST_PIECES, MOST_POINTS, emotion_lines, emotion_ribbons, last_minute_lines
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


def test_lines_break_where_a_stretch_ends(course):
    first, *_ = emotion_lines(*course, np.repeat([0, 1], [8, 12])).data

    assert len(first.x) == 21
    assert np.isnan(first.x[8])
    assert np.isnan(first.y[8])
    np.testing.assert_allclose(np.delete(first.x, 8), course[0])


def test_the_last_minute_counts_backwards():
    axis = last_minute_lines(np.array([-3.0, 0.0]), np.full((2, 7), 1 / 7), np.zeros(2)).layout.xaxis

    assert axis.range == (-60, 0)
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True))[-15] == "15"


def ribbons(faces, answers, *, fps=1.0, chosen=None):
    """Of answers (time, face, class, probability), sure from 0.5 on."""
    times, numbers, labels, likely = map(np.array, zip(*answers, strict=True))
    shares = np.full((len(times), 7), 0.01)
    shares[range(len(times)), labels] = likely
    return emotion_ribbons(faces, times, numbers, shares, likely >= 0.5, np.full(len(times), 1 / fps), chosen=chosen)


def bars(figure):
    """(emotion, place of the face, start, end, row, face, sure) of each bar, by start."""
    found = [
        (trace.name, y, start, start + length, *data, not trace.marker.pattern.shape)
        for trace in figure.data
        if trace.type == "bar"
        for y, start, length, data in zip(trace.y, trace.base or [None], trace.x, trace.customdata or [()], strict=True)
        if length is not None
    ]
    return sorted(found, key=lambda bar: (bar[1], bar[2]))


def test_equal_answers_of_a_face_are_one_bar_that_says_the_surest_row_and_the_face():
    answers = [(0, 2, 3, 0.7), (0, 5, 6, 0.8), (1, 2, 3, 0.9), (1, 9, 0, 0.9), (2, 2, 3, 0.8), (3, 2, 5, 0.6)]
    figure = ribbons([2, 5], answers)

    first, second = ("happy", 0, 0, 3, 2, 2, True), ("sad", 0, 3, 4, 5, 2, True)
    assert bars(figure) == [first, second, ("surprised", 1, 0, 1, 1, 5, True)]
    assert figure.layout.yaxis.ticktext == ("face 2", "face 5")
    assert {trace.name for trace in figure.data if trace.showlegend} == set(EMOTIONS)


def test_what_was_not_sure_is_hatched_and_stands_in_the_legend():
    figure = ribbons([1], [(0, 1, 3, 0.7), (1, 1, 3, 0.4), (2, 1, 3, 0.7)])

    assert [bar[-1] for bar in bars(figure)] == [True, False, True]
    assert figure.data[-1].name == "not sure"
    assert "not sure" in next(trace.hovertext[0] for trace in figure.data if trace.marker.pattern.shape)


def test_a_bar_ends_where_the_face_is_out_of_sight():
    figure = ribbons([1], [(0, 1, 3, 0.7), (1.2, 1, 3, 0.7), (7, 1, 3, 0.7)])

    assert [bar[2:4] for bar in bars(figure)] == [(0, 2.2), (7, 8)]


def test_an_hour_is_so_many_bars_as_can_be_seen_and_none_lies_over_another():
    random = np.random.default_rng(0)
    answers = [(step / 5, 1, label, 0.8) for step, label in enumerate(random.integers(0, 7, 18_000).tolist())]
    found = bars(ribbons([1], answers, fps=5))

    assert 100 < len(found) <= MOST_PIECES + 1
    assert all(later[2] >= earlier[3] - 0.011 for earlier, later in itertools.pairwise(found))
    assert found[-1][3] == pytest.approx(3600, abs=0.01)
    rows = {emotion: [] for emotion in EMOTIONS}
    for emotion, *_, row, _face, _sure in found:
        rows[emotion].append(answers[row][2])
    assert all(set(labels) == {EMOTIONS.index(emotion)} for emotion, labels in rows.items())


def test_one_long_still_does_not_keep_a_long_video_from_being_thinned_out():
    times = np.append(0, 60 + np.arange(9000) / 5)
    seconds = np.append(60, np.full(9000, 0.2))
    shares = np.eye(7)[np.random.default_rng(0).integers(0, 7, 9001)]
    figure = emotion_ribbons([1], times, np.ones(9001), shares, np.full(9001, True), seconds)

    assert len(bars(figure)) <= MOST_PIECES + 1


def test_the_chosen_moment_is_marked_and_a_click_dims_nothing():
    figure = ribbons([2, 5], [(0, 2, 3, 0.7), (0, 5, 6, 0.7), (1, 5, 3, 0.7)], chosen=2)

    assert (figure.data[-1].x, figure.data[-1].y) == ((1,), (1,))
    assert {trace.unselected.marker.opacity for trace in figure.data} == {1}


def test_figures_are_plain_json(course):
    answers = [(time, 1, 0, 0.7) for time in course[0].tolist()]
    for figure in (emotion_lines(*course, np.arange(20) // 9), ribbons([1], answers)):
        json.loads(figure.to_json(), parse_constant=lambda name: pytest.fail(name))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"probabilities: expected shape \(3, 7\)"):
        emotion_lines(np.arange(3), np.ones((2, 7)))
    with pytest.raises(ValueError, match=r"certain: expected shape \(3\)"):
        emotion_ribbons([1], np.arange(3), np.ones(3), np.ones((3, 7)), np.ones(2), np.ones(3))
