import json
import subprocess
import sys

import numpy as np
import pytest

from fer_core import charts
from fer_core.charts.sweep import sweep_lines
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import reliability

PROBABILITIES = np.array([0.02, 0.0, 0.05, 0.9, 0.0, 0.004, 0.026])


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.dirichlet(np.full(7, 0.3), 2000), random.integers(0, 6, 2000)


@pytest.fixture
def figures(answers):
    matrix = metrics.confusion(*answers)
    history = {"accuracy": [0.2, 0.4], "val_accuracy": [0.3, 0.35]}
    return [
        charts.probability_bars(PROBABILITIES),
        charts.member_votes(PROBABILITIES[None], ["one"]),
        charts.class_counts({"train": range(7), "test": range(7)}),
        charts.confusion_matrix(matrix),
        charts.roc_curves(metrics.roc_curves(*answers), metrics.auc(*answers)),
        charts.learning_curves({"run": history}),
        charts.reliability_diagram({"before": reliability(*answers)}),
    ]


def test_every_figure_leaves_background_and_text_colour_to_the_page(figures):
    for figure in figures:
        template = figure.layout.template.layout
        assert (template.paper_bgcolor, template.plot_bgcolor) == ("rgba(0, 0, 0, 0)", "rgba(0, 0, 0, 0)")
        assert template.font.color is None
        assert figure.layout.font.color is None
        assert figure.layout.width is None


def test_every_figure_is_json_without_values_that_json_lacks(figures):
    for figure in figures:
        json.loads(figure.to_json(), parse_constant=lambda name: pytest.fail(name))


def test_bars_are_sorted_and_coloured_by_class_with_percent_labels():
    (bar,) = charts.probability_bars(PROBABILITIES).data
    assert bar.y[:3] == ("happy", "fearful", "surprised")
    assert bar.text[:3] == ("90%", "5%", "3%")
    assert dict(zip(bar.y, bar.text, strict=True))["sad"] == "<1%"
    assert bar.marker.color == tuple(COLOURS[emotion] for emotion in bar.y)


def test_bars_keep_the_class_order_where_asked():
    (bar,) = charts.probability_bars(PROBABILITIES, by_class=True).data
    assert bar.y == EMOTIONS


def test_votes_stand_in_bold():
    votes = np.stack([PROBABILITIES, PROBABILITIES[::-1]])
    (table,) = charts.member_votes(votes, ["compact_vgg", "other"]).data
    bold = [[EMOTIONS[place] for place, text in enumerate(row) if "<b>" in text] for row in table.text]
    assert bold == [["happy"], ["happy"]]
    assert table.z.shape == (2, 7)


def test_splits_are_told_apart_by_hatching_and_named_in_the_legend():
    bars = charts.class_counts({"train": [10] * 7, "test": [2] * 7}).data
    shown = {bar.name: bar.marker.pattern.shape for bar in bars if bar.showlegend}
    assert set(shown) == {"train", "test"}
    assert shown["train"] != shown["test"]
    assert [bar.x for bar in bars if bar.text] == [(10,) * 7, (2,) * 7]


def test_a_click_on_a_confusion_cell_says_true_and_predicted(answers):
    matrix = metrics.confusion(*answers)
    table, markers = charts.confusion_matrix(matrix, normalize=None).data
    assert len(markers.customdata) == 49
    for x, y, (true, predicted), text in zip(markers.x, markers.y, markers.customdata, markers.text, strict=True):
        assert (x, y) == (EMOTIONS[predicted], EMOTIONS[true])
        assert f", images: {matrix[true, predicted]:,}<br>" in text
    np.testing.assert_array_equal(table.z, matrix)


@pytest.mark.parametrize(("normalize", "axis"), [("true", 1), ("predicted", 0)])
def test_confusion_shares_add_up_and_absent_classes_stay_empty(answers, normalize, axis):
    matrix = metrics.confusion(*answers)
    matrix[:, 2] = 0
    shares = charts.confusion_matrix(matrix, normalize=normalize).data[0].z
    empty = matrix.sum(axis=axis) == 0
    assert empty.any()
    np.testing.assert_allclose(shares.sum(axis=axis)[~empty], 1)
    assert np.isnan(shares.sum(axis=axis)[empty]).all()


def test_roc_curves_differ_by_dash_and_stay_light(answers):
    figure = charts.roc_curves(metrics.roc_curves(*answers), metrics.auc(*answers))
    lines = figure.data[1:]
    assert len({line.line.dash for line in lines}) == 7
    assert all(len(line.x) <= 300 for line in lines)
    assert all((line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0, 0, 1, 1) for line in lines[:6])
    assert lines[6].name == "surprised (no images)"


def test_the_kept_epoch_is_a_star_and_shares_run_from_zero_to_one():
    history = {"accuracy": [0.2, 0.4, 0.5], "val_accuracy": [0.3, 0.35, 0.3], "loss": [2, 1, 1], "val_loss": [2, 2, 2]}
    figure = charts.learning_curves({"run": history}, kept_epochs={"run": 2})
    training, validation = figure.data
    assert validation.marker.symbol == ("circle", "star", "circle")
    assert training.line.dash != validation.line.dash
    assert figure.layout.yaxis.range == (0, 1)
    assert charts.learning_curves({"run": history}, "loss").layout.yaxis.range is None


def test_the_training_part_of_one_epoch_can_be_seen():
    history = {"accuracy": [0.2], "val_accuracy": [0.3]}
    training, validation = charts.learning_curves({"run": history}).data
    assert training.mode == "lines+markers"
    assert training.marker.symbol != validation.marker.symbol


def test_thirty_runs_are_told_apart_by_colour_and_symbol():
    histories = {str(number): {"accuracy": [0.2, 0.4], "val_accuracy": [0.3, 0.35]} for number in range(30)}
    lines = charts.learning_curves(histories).data[1::2]
    assert len({(line.line.color, line.marker.symbol) for line in lines}) == 30


def test_reliability_is_drawn_with_its_intervals_and_error(answers):
    bins = reliability(*answers)
    line = charts.reliability_diagram({"before": bins}).data[1]
    assert line.name == f"before (error {bins.expected_calibration_error:.3f})"
    assert len(line.x) == (bins.count > 0).sum()
    np.testing.assert_allclose(line.y + line.error_y.array, bins.interval[bins.count > 0, 1])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: charts.probability_bars(np.ones(6)), r"probabilities: expected shape \(7\)"),
        (lambda: charts.member_votes(np.ones((2, 7)), ["one"]), r"member_probabilities: expected shape \(1, 7\)"),
        (lambda: charts.class_counts({"train": [1, 2]}), r"counts\['train'\]: expected shape \(7\)"),
        (lambda: charts.class_counts({}), "counts: expected 1 to 4 splits, got 0"),
        (lambda: charts.confusion_matrix(np.ones((7, 6))), r"matrix: expected shape \(7, 7\)"),
        (lambda: charts.roc_curves([], np.ones(7)), "points: expected 7 curves, got 0"),
        (lambda: charts.learning_curves({"run": {"loss": [1]}}), r"histories\['run'\]: no column accuracy; found loss"),
    ],
)
def test_bad_arguments_are_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        ("fer_core.charts", ["tensorflow", "keras", "streamlit", "sklearn"]),
        (
            "fer_core.comparison.measure, fer_core.evaluation.report, fer_core.commands.evaluate",
            ["tensorflow", "keras", "streamlit"],
        ),
    ],
)
def test_charts_and_evaluation_import_nothing_heavy(modules, unwanted):
    script = f"import sys, {modules}\nprint([name for name in {unwanted} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("values", [[3, 10, 48], [48, 10, 3]])
def test_what_an_answer_becomes_is_written_from_the_nearer_end_inwards(values):
    shares = np.stack([PROBABILITIES, PROBABILITIES[::-1], PROBABILITIES])
    for flip, anchor in ((3, "left"), (48, "right")):
        (told,) = sweep_lines(values, shares, axis="pixels", current=48, flips=[flip]).layout.annotations
        assert told.xanchor == anchor
