import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import apply_temperature, expected_calibration_error
from fer_core.evaluation.delong import auc_influence, interval_of
from fer_core.evaluation.intervals import bootstrap_intervals, ece_interval


def test_intervals_hold_the_scores(answers):
    scores = {
        "accuracy": metrics.accuracy(*answers),
        "top2_accuracy": metrics.top2_accuracy(*answers),
        **dict(zip(("precision", "recall", "f1"), metrics.weighted_scores(*answers), strict=True)),
        "macro_f1": metrics.macro_f1(*answers),
        "mean_auc": metrics.mean_auc(*answers),
    }
    intervals = bootstrap_intervals(*answers)
    assert intervals.keys() == {*scores, "ece"}
    for name, score in scores.items():
        assert intervals[name].low < score < intervals[name].high


def test_intervals_are_those_of_drawing_images_one_by_one(answers):
    probabilities, labels = answers
    predicted, random = probabilities.argmax(axis=1), np.random.default_rng(5)
    drawn = []
    for _ in range(500):
        chosen = random.integers(0, len(labels), len(labels))
        right = predicted[chosen] == labels[chosen]
        f1 = f1_score(labels[chosen], predicted[chosen], average="macro")
        area = np.nanmean(auc_influence(probabilities[chosen], labels[chosen])[0])
        error = expected_calibration_error(probabilities[chosen], labels[chosen])
        drawn.append((right.mean(), f1, area, error))
    intervals = bootstrap_intervals(*answers)
    expected = np.percentile(drawn, [2.5, 97.5], axis=0).T
    expected[3] = 2 * expected_calibration_error(*answers) - expected[3, ::-1]
    found = [intervals[name] for name in ("accuracy", "macro_f1", "mean_auc", "ece")]
    np.testing.assert_allclose(found, expected, atol=0.008)


def test_a_rare_class_makes_the_interval_of_the_mean_area_as_wide_as_delong_says():
    random = np.random.default_rng(2)
    labels = random.choice(7, 4000, p=[0.135, 0.015, 0.145, 0.25, 0.17, 0.17, 0.115])
    logits = random.normal(size=(4000, 7))
    logits[np.arange(4000), labels] += 1.5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    areas, influence = auc_influence(probabilities, labels)
    low, high = interval_of(areas.mean(), influence.mean(axis=1))

    found = bootstrap_intervals(probabilities, labels)["mean_auc"]

    assert found.high - found.low == pytest.approx(high - low, rel=0.05)


def test_accuracy_interval_is_near_the_normal_one():
    labels = np.repeat([0, 1], [7300, 2700])
    low, high = bootstrap_intervals(np.eye(7)[np.zeros(10_000, int)], labels)["accuracy"]
    half = 1.96 * np.sqrt(0.73 * 0.27 / 10_000)
    assert (low, high) == pytest.approx((0.73 - half, 0.73 + half), abs=0.001)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    random, truth, inside = np.random.default_rng(8), 0.7, 0
    for repetition in range(200):
        labels = (random.random(500) > truth).astype(int)
        low, high = bootstrap_intervals(np.eye(7)[np.zeros(500, int)], labels, resamples=400, seed=repetition)[
            "accuracy"
        ]
        inside += low <= truth <= high
    assert 0.9 <= inside / 200 <= 0.99


@pytest.mark.parametrize(("temperature", "truth"), [(1.0, 0.0), (0.95, 0.016), (0.8, 0.067), (0.5, 0.198)])
def test_the_interval_of_the_calibration_error_holds_the_truth_of_good_and_of_bad_confidences(temperature, truth):
    """Labels are drawn from probabilities that are then sharpened; the truth is the error of 400,000 such images."""
    random, inside = np.random.default_rng(8), 0
    for repetition in range(60):
        logits = random.normal(0, 1.6, (1000, 7))
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        labels = (probabilities.cumsum(axis=1) < random.random((1000, 1))).sum(axis=1).clip(max=6)
        stated = apply_temperature(probabilities, temperature)
        low, high = ece_interval(stated, labels, resamples=300, seed=repetition)
        inside += low <= truth <= high
    assert inside / 60 >= 0.85


def test_same_seed_same_interval(answers):
    assert bootstrap_intervals(*answers, seed=3) == bootstrap_intervals(*answers, seed=3)
    assert bootstrap_intervals(*answers, seed=3) != bootstrap_intervals(*answers, seed=4)


def test_a_higher_level_is_a_wider_interval(answers):
    narrow, wide = (bootstrap_intervals(*answers, level=level)["accuracy"] for level in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_no_score_can_be_better_than_perfect():
    labels = np.arange(70) % 7
    probabilities = np.eye(7)[labels] * 0.8 + 0.2 / 7
    probabilities[0] = np.eye(7)[1]
    low, high = bootstrap_intervals(probabilities, labels)["mean_auc"]
    assert low < metrics.mean_auc(probabilities, labels) < high <= 1


SHARES = ("accuracy", "top2_accuracy", "recall")


def without_interval(intervals) -> set[str]:
    return {name for name, interval in intervals.items() if np.isnan(interval).all()}


@pytest.mark.parametrize("images", [7, 29, 70])
def test_where_all_are_right_the_interval_is_exact_and_other_scores_have_none(images):
    labels = np.arange(images) % 7
    intervals = bootstrap_intervals(np.eye(7)[labels], labels)
    assert without_interval(intervals) == intervals.keys() - set(SHARES)
    for name in SHARES:
        assert intervals[name] == pytest.approx((0.025 ** (1 / images), 1.0))
    wrong = bootstrap_intervals(np.eye(7)[(labels + 1) % 7], labels, level=0.9)
    assert wrong["accuracy"] == pytest.approx((0.0, 1 - 0.05 ** (1 / images)))


def test_the_interval_of_few_images_is_that_of_the_binomial_test():
    labels = np.repeat([0, 1], [18, 7])
    low, high = bootstrap_intervals(np.eye(7)[np.zeros(25, int)], labels)["accuracy"]
    assert (low, high) == pytest.approx(binomtest(18, 25).proportion_ci(method="exact"))


def test_scores_over_classes_have_no_interval_with_too_few_images_of_one(answers):
    probabilities, labels = answers
    kept = np.flatnonzero((labels != 1) | (np.cumsum(labels == 1) <= 4))
    intervals = bootstrap_intervals(probabilities[kept], labels[kept])
    assert without_interval(intervals) == {"precision", "f1", "macro_f1", "mean_auc"}


@pytest.mark.parametrize(("arguments", "name"), [({"resamples": 0}, "resamples"), ({"level": 95}, "level")])
def test_bad_settings_are_named(answers, arguments, name):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        bootstrap_intervals(*answers, **arguments)
