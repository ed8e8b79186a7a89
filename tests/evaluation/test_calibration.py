import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binomtest
from sklearn.metrics import log_loss

from fer_core.evaluation.calibration import (
    LEAST_UNSMOOTHED,
    apply_temperature,
    calibrate,
    coverage_curve,
    expected_calibration_error,
    fit_temperature,
    reliability,
    threshold_for_accuracy,
    undo_label_smoothing,
)


def two_classes(confidences: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Class 0 is always predicted, with these confidences; the label is 0 where the answer is right."""
    first = np.array(confidences)
    return np.stack([first, 1 - first], axis=1), np.where(right, 0, 1)


def drawn_from(logits: np.ndarray, seed: int) -> np.ndarray:
    """Labels drawn from softmax(logits), so that these probabilities are calibrated by construction."""
    noise = np.random.default_rng(seed).gumbel(size=logits.shape)
    return (logits + noise).argmax(axis=1)


def test_temperature_one_changes_nothing():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(7), 50)
    np.testing.assert_allclose(apply_temperature(probabilities, 1.0), probabilities, atol=1e-9)


def test_temperature_divides_the_logits():
    logits = np.random.default_rng(1).normal(size=(20, 7))
    np.testing.assert_allclose(
        apply_temperature(softmax(logits, axis=1), 2.5), softmax(logits / 2.5, axis=1), atol=1e-9
    )


def test_temperature_keeps_float32_and_survives_a_zero():
    sharp = np.array([[1, 0, 0]], dtype=np.float32)
    flat = apply_temperature(sharp, 4.0)
    assert flat.dtype == np.float32
    assert flat.argmax() == 0
    assert np.isfinite(flat).all()
    assert 0.99 < flat[0, 0] < 1


@pytest.mark.parametrize("temperature", [0, -1, np.nan, np.inf])
def test_temperature_must_be_above_zero(temperature):
    with pytest.raises(ValueError, match="temperature"):
        apply_temperature(np.full((1, 7), 1 / 7), temperature)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3])
def test_smoothed_shares_come_back_as_they_were(smoothing):
    shares = np.random.default_rng(2).dirichlet(np.full(7, 5.0), 50)
    smoothed = (1 - smoothing) * shares + smoothing / 7
    np.testing.assert_allclose(undo_label_smoothing(smoothed, smoothing), shares, atol=3e-3)


def test_undoing_more_smoothing_than_there_was_gives_probabilities_and_the_same_choice():
    probabilities = np.random.default_rng(3).dirichlet(np.ones(7), 200).astype(np.float32)
    undone = undo_label_smoothing(probabilities, 0.4)
    assert undone.dtype == np.float32
    assert (undone > 0).all()
    np.testing.assert_allclose(undone.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(undone.argsort(axis=1), probabilities.argsort(axis=1))


def test_a_sure_answer_keeps_its_runner_up_and_changes_little_with_the_probabilities():
    sure = np.array([[0.004, 0.003, 0.005, 0.955, 0.012, 0.013, 0.008]])
    found = calibrate(sure, temperature=0.9, label_smoothing=0.1)[0]
    assert found.argsort()[::-1].tolist() == [3, 5, 4, 6, 2, 0, 1]
    meeting = 0.1 / 7 + LEAST_UNSMOOTHED * 0.9
    around = np.array([[1 - share, share] + [0] * 5 for share in (meeting - 1e-9, meeting + 1e-9)])
    below, above = undo_label_smoothing(around, 0.1)[:, 1]
    assert 0 < above - below < 1e-7


def test_members_of_different_smoothing_are_undone_by_their_mean():
    shares = np.random.default_rng(4).dirichlet(np.full(7, 5.0), 50)
    mean = np.mean([(1 - smoothing) * shares + smoothing / 7 for smoothing in (0.0, 0.2)], axis=0)
    np.testing.assert_allclose(undo_label_smoothing(mean, 0.1), shares, atol=3e-3)


def test_calibrating_undoes_the_smoothing_first():
    logits = np.random.default_rng(5).normal(size=(30, 7))
    smoothed = 0.9 * softmax(logits, axis=1) + 0.1 / 7
    found = calibrate(smoothed, temperature=2.0, label_smoothing=0.1)
    np.testing.assert_allclose(found, softmax(logits / 2, axis=1), atol=1e-6)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_label_smoothing_is_a_share_below_one(smoothing):
    with pytest.raises(ValueError, match="label_smoothing: expected a number from 0"):
        undo_label_smoothing(np.full((1, 7), 1 / 7), smoothing)


@pytest.mark.parametrize(
    "change",
    [lambda p: apply_temperature(p, 2), lambda p: undo_label_smoothing(p, 0), lambda p: calibrate(p, temperature=1)],
)
def test_what_is_no_probability_is_not_calibrated(change):
    for values, message in (
        ([[3.0, -2.0]], "expected values of 0 to 1"),
        ([[60.0, 40.0]], "expected values of 0 to 1"),
        ([[np.nan, 1.0]], "not a number"),
        ([[0.5, 0.2]], "rows that sum to 1"),
        ([0.5, 0.5], "expected shape"),
    ):
        with pytest.raises(ValueError, match=f"probabilities: .*{message}"):
            change(values)
    np.testing.assert_allclose(change([[0.5, 0.5]]), 0.5)
    assert change(np.empty((0, 7), np.float32)).shape == (0, 7)


def test_fit_finds_the_temperature_that_made_the_confidences_wrong():
    logits = np.random.default_rng(2).normal(scale=2, size=(20_000, 7))
    labels = drawn_from(logits, 3)
    overconfident = softmax(logits * 1.8, axis=1)
    assert fit_temperature(overconfident, labels) == pytest.approx(1.8, abs=0.05)


def test_fitted_temperature_has_the_smallest_loss_around():
    logits = np.random.default_rng(4).normal(scale=3, size=(500, 7))
    labels = drawn_from(logits / 2, 5)
    probabilities = softmax(logits, axis=1)
    best = fit_temperature(probabilities, labels)
    loss = {factor: log_loss(labels, apply_temperature(probabilities, best * factor)) for factor in (0.97, 1, 1.03)}
    assert loss[1] == min(loss.values())


def test_calibration_error_by_hand():
    # Bins of a half: (0, 0.5] holds one right answer at 0.5; (0.5, 1] holds 0.6, 0.8, 1.0 with two right ones.
    probabilities, labels = two_classes([0.5, 0.6, 0.8, 1.0], [True, False, True, True])
    expected = 1 / 4 * abs(0.5 - 1) + 3 / 4 * abs(0.8 - 2 / 3)
    assert expected_calibration_error(probabilities, labels, bins=2) == pytest.approx(expected)


def test_calibration_error_of_calibrated_probabilities_is_small():
    logits = np.random.default_rng(6).normal(scale=2, size=(50_000, 7))
    labels = drawn_from(logits, 7)
    assert expected_calibration_error(softmax(logits, axis=1), labels) < 0.01
    assert expected_calibration_error(softmax(logits * 3, axis=1), labels) > 0.1


def test_reliability_bins_hold_all_images_and_say_nan_where_empty():
    probabilities, labels = two_classes([0.65, 0.75, 0.95], [True, False, True])
    bins = reliability(probabilities, labels, bins=10)
    assert bins.count.tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 0, 1]
    np.testing.assert_allclose(bins.accuracy[[6, 7, 9]], [1, 0, 1])
    np.testing.assert_allclose(bins.confidence[[6, 7, 9]], [0.65, 0.75, 0.95])
    assert np.isnan(bins.accuracy[bins.count == 0]).all()


def test_reliability_interval_is_the_exact_binomial_one():
    probabilities, labels = two_classes([0.55] * 20 + [0.75] * 4 + [0.95] * 4, [True] * 9 + [False] * 15 + [True] * 4)
    bins = reliability(probabilities, labels, bins=10)
    for place, (right, count) in {5: (9, 20), 7: (0, 4), 9: (4, 4)}.items():
        expected = binomtest(right, count).proportion_ci(0.95, method="exact")
        np.testing.assert_allclose(bins.interval[place], expected)
    assert np.isnan(bins.interval[0]).all()


def test_coverage_falls_from_one_and_counts_equal_confidences_together():
    probabilities, labels = two_classes([0.9, 0.6, 0.9, 0.7], [True, False, False, True])
    curve = coverage_curve(probabilities, labels)
    np.testing.assert_allclose(curve.threshold, [0.6, 0.7, 0.9])
    np.testing.assert_allclose(curve.coverage, [1, 3 / 4, 1 / 2])
    np.testing.assert_allclose(curve.accuracy, [1 / 2, 2 / 3, 1 / 2])


def test_threshold_is_the_smallest_that_reaches_the_accuracy():
    probabilities, labels = two_classes([0.6, 0.7, 0.8, 0.9], [False, True, False, True])
    assert threshold_for_accuracy(probabilities, labels, 2 / 3) == pytest.approx(0.7)
    assert threshold_for_accuracy(probabilities, labels, 1.0) == pytest.approx(0.9)
    assert threshold_for_accuracy(probabilities, labels, 0.5) == 0


def test_threshold_says_when_an_accuracy_is_out_of_reach():
    probabilities, labels = two_classes([0.6, 0.9], [True, False])
    with pytest.raises(ValueError, match=r"no threshold reaches 0\.9; the best is 0\.5"):
        threshold_for_accuracy(probabilities, labels, 0.9)


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.full(7, 1 / 7), np.zeros(1, int), "probabilities: expected shape"),
        (np.empty((0, 7)), np.empty(0, int), "probabilities: expected at least one row"),
        (np.full((2, 7), 0.5), np.zeros(2, int), "probabilities: expected rows that sum to 1, row 0"),
        (np.array([[1.5, -0.5]]), np.zeros(1, int), "probabilities: expected values of 0 to 1"),
        (np.array([[0.5, 0.5], [np.nan, 1]]), np.zeros(2, int), "probabilities: row 1 holds"),
        (np.full((2, 7), 1 / 7), np.zeros(3, int), r"labels: expected shape \(2,\)"),
        (np.full((2, 7), 1 / 7), np.array([0, 7]), "labels: expected 0 to 6"),
        (np.full((2, 7), 1 / 7), np.array([0.0, 1.0]), "labels: expected integers"),
    ],
)
def test_bad_arguments_are_named(probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(probabilities, labels)
