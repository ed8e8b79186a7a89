import warnings

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from fer_core.evaluation import metrics


def one_hot(predicted: list[int], classes: int = 7) -> np.ndarray:
    return np.eye(classes)[predicted]


def test_accuracies_are_scikit_learns(answers):
    probabilities, labels = answers
    assert metrics.accuracy(*answers) == sklearn_metrics.accuracy_score(labels, probabilities.argmax(axis=1))
    assert metrics.top2_accuracy(*answers) == sklearn_metrics.top_k_accuracy_score(labels, probabilities, k=2)


def test_weighted_and_macro_scores_are_scikit_learns(answers):
    probabilities, labels = answers
    predicted = probabilities.argmax(axis=1)
    expected = sklearn_metrics.precision_recall_fscore_support(labels, predicted, average="weighted")[:3]
    assert metrics.weighted_scores(*answers) == pytest.approx(expected)
    assert metrics.macro_f1(*answers) == sklearn_metrics.f1_score(labels, predicted, average="macro")


def test_class_scores_are_scikit_learns(answers):
    probabilities, labels = answers
    expected = sklearn_metrics.precision_recall_fscore_support(labels, probabilities.argmax(axis=1))
    scores = metrics.class_scores(*answers)
    for got, want in zip((scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True):
        np.testing.assert_allclose(got, want)


def test_mean_auc_is_scikit_learns_one_versus_rest(answers):
    probabilities, labels = answers
    assert metrics.mean_auc(*answers) == pytest.approx(
        sklearn_metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    )


def test_roc_curves_enclose_their_auc(answers):
    for curve, area in zip(metrics.roc_curves(*answers), metrics.auc(*answers), strict=True):
        enclosed = sklearn_metrics.auc(curve.false_positive_rate, curve.true_positive_rate)
        assert enclosed == pytest.approx(area)


def test_confusion_has_rows_for_the_truth_and_every_class():
    matrix = metrics.confusion(one_hot([3, 3, 5, 0]), np.array([3, 5, 5, 3]))
    assert matrix.shape == (7, 7)
    assert matrix[3, 3] == 1
    assert matrix[5, 3] == 1
    assert matrix[5, 5] == 1
    assert matrix[3, 0] == 1
    assert matrix.sum() == 4


def test_confusion_is_scikit_learns_with_ties_too(answers):
    probabilities, labels = answers
    ties = np.full_like(probabilities, 1 / 7)
    for values in (probabilities, ties):
        expected = sklearn_metrics.confusion_matrix(labels, values.argmax(axis=1), labels=range(7))
        np.testing.assert_array_equal(metrics.confusion(values, labels), expected)


def test_shares_are_of_the_true_class_or_of_the_answer(answers):
    matrix = metrics.confusion(*answers)
    matrix[:, 2] = 0
    np.testing.assert_allclose(metrics.shares(matrix, "true").sum(axis=1), 1)
    of_answers = np.nansum(metrics.shares(matrix, "predicted"), axis=0)
    np.testing.assert_allclose(of_answers, (matrix.sum(axis=0) > 0).astype(float))
    assert np.isnan(metrics.shares(np.zeros((7, 7)), "true")).all()


def test_accuracy_is_the_diagonal_of_the_confusion(answers):
    assert metrics.accuracy(*answers) == np.trace(metrics.confusion(*answers)) / 400


def test_of_equal_probabilities_the_first_classes_count():
    uniform = np.full((7, 7), 1 / 7)
    assert metrics.hits(uniform, np.arange(7), k=2).tolist() == [True, True] + [False] * 5


def test_absent_classes_are_undefined_and_left_out_of_means():
    probabilities, labels = one_hot([0, 0, 1, 1]), np.array([0, 0, 1, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        areas, scores = metrics.auc(probabilities, labels), metrics.class_scores(probabilities, labels)
        curves = metrics.roc_curves(probabilities, labels)
        macro = metrics.macro_f1(probabilities, labels)
    assert np.isfinite(areas).tolist() == [True, True] + [False] * 5
    assert metrics.mean_auc(probabilities, labels) == pytest.approx(np.mean(areas[:2]))
    assert np.isnan(scores.recall[2:]).all()
    assert np.isnan(scores.f1[2:]).all()
    assert macro == pytest.approx(np.mean([4 / 5, 2 / 3]))
    assert [len(curve.threshold) > 0 for curve in curves] == [True, True] + [False] * 5


def test_a_single_class_has_no_auc():
    probabilities, labels = one_hot([4, 4, 2]), np.array([4, 4, 4])
    assert np.isnan(metrics.auc(probabilities, labels)).all()
    assert np.isnan(metrics.mean_auc(probabilities, labels))
    assert metrics.accuracy(probabilities, labels) == pytest.approx(2 / 3)


def test_a_class_that_is_never_predicted_has_no_precision_but_weighs_as_zero():
    probabilities, labels = one_hot([0, 0]), np.array([0, 1])
    assert np.isnan(metrics.class_scores(probabilities, labels).precision[1])
    assert metrics.weighted_scores(probabilities, labels)[0] == pytest.approx(0.25)


def test_k_must_be_a_number_of_classes(answers):
    with pytest.raises(ValueError, match="k: expected 1 to 7, got 8"):
        metrics.hits(*answers, k=8)


@pytest.mark.parametrize(
    "score",
    [
        metrics.accuracy,
        metrics.confusion,
        metrics.class_scores,
        metrics.weighted_scores,
        metrics.macro_f1,
        metrics.auc,
        metrics.roc_curves,
    ],
)
def test_every_score_names_a_bad_argument(score):
    with pytest.raises(ValueError, match="labels: expected shape"):
        score(np.full((2, 7), 1 / 7), np.zeros(3, int))
