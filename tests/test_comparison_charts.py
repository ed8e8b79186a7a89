from typing import get_args

import numpy as np
import pandas as pd
import pytest

from fer_core import charts
from fer_core.charts.agreement import agreement_matrix
from fer_core.charts.coverage import coverage_curves
from fer_core.charts.matrices import confusion_difference, with_outlined_cell
from fer_core.charts.ranking import answered_matrix, precision_recall, with_averages, with_threshold_points
from fer_core.charts.tradeoff import accuracy_against_cost, front_names
from fer_core.comparison.places import Kind
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.calibration import coverage_curve, reliability
from fer_core.evaluation.ranking import average_precisions, macro_precision_recall, precision_recall_curves
from tests.comparison.records import likely_answers

ORDER = (6, 5, 4, 3, 2, 1, 0)


@pytest.fixture(scope="module")
def answers() -> tuple[np.ndarray, np.ndarray]:
    split = likely_answers("test", 300, seed=1, skill=0.8)
    return split.probabilities, split.labels


def test_matrices_can_be_drawn_in_another_order_with_the_same_cells():
    matrix = np.arange(49).reshape(7, 7)
    figure = charts.confusion_matrix(matrix, order=ORDER)
    assert list(figure.layout.xaxis.categoryarray) == list(EMOTIONS[::-1])
    assert tuple(figure.data[1].customdata[3]) == (0, 3)


def test_values_stand_where_they_are_drawn_as_plotly_chooses_light_or_dark_text_by_place():
    matrix = np.arange(49).reshape(7, 7)
    order = (2, 0, 1, 3, 4, 5, 6)
    figures = [
        charts.confusion_matrix(matrix, normalize=None, order=order),
        confusion_difference(matrix, np.zeros((7, 7)), unit="images", order=order),
    ]
    for table in (figure.data[0] for figure in figures):
        assert list(table.x) == list(table.y) == [EMOTIONS[place] for place in order]
        assert table.z[0][:3].tolist() == [16, 14, 15]
        assert [text.lstrip("+") for text in table.text[0][:3]] == ["16", "14", "15"]


def test_a_difference_says_more_and_less():
    first, second = np.eye(7), np.full((7, 7), 0.5)
    figure = confusion_difference(first, second, unit="points", order=range(7))
    assert list(figure.data[0].text[0][:2]) == ["+50", "-50"]
    assert len(figure.data[1].customdata) == 49
    same = confusion_difference(first, first, unit="images", order=range(7))
    assert same.data[0].text[0][0] == "0"


def test_a_difference_from_no_images_is_no_number():
    first, second = np.eye(7), np.eye(7)
    second[1] = np.nan
    figure = confusion_difference(first, second, unit="points", order=range(7))
    assert list(figure.data[0].text[1]) == [""] * 7
    assert (
        figure.data[1]
        .text[7]
        .endswith("disgusted</b> taken for <b>angry</b>: no shares to compare, one of the two has no images there")
    )
    assert not [text for text in figure.data[1].text if "nan" in text]


def test_the_chosen_cell_is_framed_where_it_is_drawn():
    figure = with_outlined_cell(charts.confusion_matrix(np.eye(7), order=ORDER), 0, 6, ORDER)
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].y0) == (-0.5, 5.5)


def test_curves_have_averages_and_points_where_the_threshold_stands(answers):
    curves = precision_recall_curves(*answers)
    figure = precision_recall(curves, average_precisions(*answers))
    with_averages(figure, {"macro": macro_precision_recall(curves)})
    with_threshold_points(figure, [0.5] * 8, [0.5] * 8, 0.4)
    assert len(figure.data) == 7 + 1 + 1
    assert len(figure.data[-1].x) == 8
    assert len(set(figure.data[-1].marker.symbol)) == 8, "told apart by more than their colours"


def test_the_curve_of_a_rare_class_is_drawn_through_each_of_its_images():
    random = np.random.default_rng(0)
    labels = np.append(np.zeros(40, int), random.integers(1, 7, 6000))
    logits = random.normal(size=(6040, 7))
    logits[:40, 0] += 3
    curves = precision_recall_curves(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), labels)
    line = precision_recall(curves, np.ones(7)).data[0]
    first = [int(np.argmax(curves[0].recall >= share)) for share in np.unique(curves[0].recall)[1:]]
    points = set(zip(line.x, line.y, strict=True))
    assert {(curves[0].recall[place], curves[0].precision[place]) for place in first} <= points
    assert len(line.x) < 100


def test_names_that_people_gave_are_drawn_as_they_are_written(answers):
    name, history = "<b>%{y}", {"accuracy": [0.1], "val_accuracy": [0.1]}
    figures = [
        coverage_curves({name: coverage_curve(*answers)}),
        charts.reliability_diagram({name: reliability(*answers)}),
        charts.learning_curves({name: history}),
    ]
    for line in (figure.data[-1] for figure in figures):
        assert line.name.startswith("&lt;b&gt;%{y}")
        assert line.hovertemplate.startswith("%{fullData.name}")
    assert agreement_matrix(np.eye(1), [name]).data[0].y == ("&lt;b&gt;%{y}",)
    votes = charts.member_votes(np.eye(1, 7), [name])
    assert votes.data[0].customdata[0][0] == votes.layout.yaxis.ticktext[0] == "&lt;b&gt;%{y}"


def test_the_threshold_is_marked_on_its_curve(answers):
    figure = coverage_curves({"a": coverage_curve(*answers)}, marked="a", threshold=0.5)
    star = figure.data[1]
    assert star.x[0] == pytest.approx((answers[0].max(axis=1) >= 0.5).mean())


def test_only_the_front_is_numbered_when_there_are_many():
    frame = pd.DataFrame(
        {"key": range(20), "title": [f"m{n}" for n in range(20)], "kind": "run", "accuracy": np.linspace(0.4, 0.7, 20)}
    ).assign(parameters=1000)
    front = np.arange(20) == 19
    figure = accuracy_against_cost(frame, "parameters", front, label="Parameters")
    assert [text for text in figure.data[1].text if text] == ["1"]


def test_the_front_is_numbered_by_cost_as_it_is_named_and_twins_share_a_number():
    frame = pd.DataFrame(
        {"title": ["<b>", "b", "c", "d"], "parameters": [3, 1, 3, 2], "accuracy": [0.8, 0.5, 0.8, 0.4]}
    )
    frame, front = frame.assign(key=frame["title"], kind="run"), np.array([True, True, True, False])
    line, points = accuracy_against_cost(frame, "parameters", front, label="Parameters").data
    assert list(line.x) == [1, 3, 3]
    assert list(points.text) == ["2", "1", "2", ""]
    assert points.hovertext[0] == "&lt;b&gt;"
    assert front_names(frame, "parameters", front) == ["1 b", "2 <b>", "2 c"]


def test_less_than_a_millisecond_is_written_in_milliseconds():
    frame = pd.DataFrame({"key": ["a"], "title": "a", "kind": "run", "accuracy": 0.5, "milliseconds": 0.5})
    figure = accuracy_against_cost(frame, "milliseconds", np.array([True]), label="Milliseconds")
    assert (figure.layout.xaxis.tickformat, ".3~r" in figure.data[1].hovertemplate) == ("~r", True)


def test_a_model_of_each_kind_that_can_be_compared_is_drawn():
    kinds = get_args(Kind)
    frame = pd.DataFrame({"key": kinds, "title": kinds, "kind": kinds, "accuracy": 0.5, "parameters": 1})
    figure = accuracy_against_cost(frame, "parameters", np.ones(len(kinds), bool), label="Parameters")
    assert {key for trace in figure.data[1:] for key in trace.customdata} == set(kinds)


def test_smoothing_keeps_the_values_behind_it_and_time_is_in_minutes():
    history = {"accuracy": [0.1, 0.9, 0.5], "val_accuracy": [0.1, 0.5, 0.4], "seconds": [60, 60, 120]}
    figure = charts.learning_curves({"run": history}, smoothing=0.5, by_time=True, log=True)
    assert len(figure.data) == 4
    assert list(figure.data[0].y) == [0.1, 0.9, 0.5]
    assert figure.data[1].y[1] < 0.9
    assert list(figure.data[1].x) == [1, 2, 4]
    assert figure.layout.yaxis.type == "log"
    with pytest.raises(ValueError, match="no column seconds"):
        charts.learning_curves({"run": {"accuracy": [1], "val_accuracy": [1]}}, by_time=True)


@pytest.mark.parametrize("draw", [answered_matrix, lambda matrix: agreement_matrix(matrix, ["a", "b"])])
def test_other_shapes_are_named(draw):
    with pytest.raises(ValueError, match="expected shape"):
        draw(np.zeros((7, 7)))
