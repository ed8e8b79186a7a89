import numpy as np
import pytest
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score

from fer_core.emotions import EMOTIONS
from fer_core.evaluation import metrics
from fer_core.evaluation.ranking import (
    answered_confusion,
    areas,
    average_precisions,
    macro_precision_recall,
    macro_roc,
    micro_precision_recall,
    micro_roc,
    precision_recall_curves,
    rates_at,
)


def test_average_precisions_are_scikit_learns(answers):
    probabilities, labels = answers
    expected = [average_precision_score(labels == place, probabilities[:, place]) for place in range(7)]
    np.testing.assert_allclose(average_precisions(probabilities, labels), expected)


def test_points_of_a_threshold_lie_on_the_curves(answers):
    table, curve = rates_at(*answers, 0.3), precision_recall_curves(*answers)[3]
    place = np.searchsorted(curve.threshold, 0.3)
    assert table.loc[EMOTIONS[3], "found"] == pytest.approx(curve.recall[place])
    assert table.loc[EMOTIONS[3], "precision"] == pytest.approx(curve.precision[place])
    roc = metrics.roc_curves(*answers)[3]
    assert table.loc[EMOTIONS[3], "found"] >= roc.true_positive_rate[roc.threshold >= 0.3].max()


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_areas_of_the_averages_are_scikit_learns(answers, average):
    probabilities, labels = answers
    found, one_hot = areas(*answers).loc[average], np.eye(7)[labels]
    assert found["auc"] == pytest.approx(roc_auc_score(one_hot, probabilities, average=average))
    expected = average_precision_score(one_hot, probabilities, average=average)
    assert found["average_precision"] == pytest.approx(expected)


def test_a_probability_that_rounding_left_above_one_is_taken(answers):
    probabilities, labels = answers
    above = probabilities.copy()
    above[0] = np.eye(7)[0] * (1 + 1e-9)
    assert areas(above, labels).notna().all(axis=None)


def test_the_interval_of_the_mean_area_is_narrower_than_that_of_a_class(answers):
    table = areas(*answers)
    width = table["auc_high"] - table["auc_low"]
    assert table.loc["macro", "auc_low"] < table.loc["macro", "auc"] < table.loc["macro", "auc_high"]
    assert width["macro"] < width[list(EMOTIONS)].max()


def test_the_mean_area_has_no_interval_where_a_class_has_none(answers):
    probabilities, labels = answers
    kept = np.flatnonzero((labels != 1) | (np.cumsum(labels == 1) == 1))
    table = areas(probabilities[kept], labels[kept])
    assert table.loc[["disgusted", "macro"], ["auc_low", "auc_high"]].isna().all(axis=None)
    assert table["auc"].notna().all()
    assert table.drop(index=["disgusted", "macro"])["auc_low"].notna().all()


def test_the_interval_of_the_micro_average_is_that_of_drawing_images_with_all_their_pairs(answers):
    probabilities, labels = answers
    random, drawn = np.random.default_rng(2), []
    for _ in range(250):
        chosen = random.integers(0, len(labels), len(labels))
        drawn.append(roc_auc_score(np.eye(7)[labels[chosen]], probabilities[chosen], average="micro"))
    found = areas(*answers).loc["micro", ["auc_low", "auc_high"]]
    np.testing.assert_allclose(found, np.percentile(drawn, [2.5, 97.5]), atol=0.006)


def test_rates_of_all_pairs_lie_between_those_of_the_classes(answers):
    table = rates_at(*answers, 0.4)
    assert (
        table.loc[list(EMOTIONS), "found"].min()
        < table.loc["micro", "found"]
        < table.loc[list(EMOTIONS), "found"].max()
    )
    assert np.isnan(rates_at(*answers, 1.1).loc["micro", "precision"])
    assert set(table.dtypes) == {np.dtype(float)}


def test_average_curves_run_from_corner_to_corner(answers):
    for x, y in (macro_roc(metrics.roc_curves(*answers)), micro_roc(*answers)):
        assert (x[0], x[-1], y[-1]) == (0, 1, 1)
        assert (np.diff(y) >= 0).all()
    for x, y in (macro_precision_recall(precision_recall_curves(*answers)), micro_precision_recall(*answers)):
        assert x.min() == 0
        assert x.max() == 1
        assert ((y >= 0) & (y <= 1)).all()


def test_without_a_threshold_all_are_answered_and_above_one_none(answers):
    probabilities, labels = answers
    matrix = answered_confusion(*answers, 0.0)
    np.testing.assert_array_equal(
        matrix[:, :7], confusion_matrix(labels, probabilities.argmax(axis=1), labels=range(7))
    )
    assert matrix[:, 7].sum() == 0
    assert answered_confusion(*answers, 1.0)[:, 7].sum() == 400


def test_a_class_without_images_has_no_curve():
    probabilities, labels = np.full((4, 7), 1 / 7), np.array([0, 0, 1, 1])
    curves = precision_recall_curves(probabilities, labels)
    assert len(curves[0].threshold)
    assert not len(curves[6].threshold)
    assert np.isnan(average_precisions(probabilities, labels)[6])
