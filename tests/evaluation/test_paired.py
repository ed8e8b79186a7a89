import numpy as np
import pytest
from scipy.stats import binomtest

from fer_core.evaluation.paired import compare_paired, compare_with_one, holm


def test_mcnemar_by_hand():
    # 8 images are right in one model alone, 1 of them in the second: 2 * (C(8,0) + C(8,1)) / 2^8.
    first = np.array([True] * 7 + [False] + [True] * 12)
    second = np.array([False] * 7 + [True] + [True] * 12)
    comparison = compare_paired(first, second)
    assert (comparison.only_first, comparison.only_second) == (7, 1)
    assert comparison.p_value == pytest.approx(2 * (1 + 8) / 2**8)
    assert comparison.difference == pytest.approx(6 / 20)
    assert comparison.interval.low < 6 / 20 < comparison.interval.high


def test_a_model_does_not_differ_from_itself():
    right = np.array([True, False, True])
    comparison = compare_paired(right, right)
    assert comparison.p_value == 1
    assert comparison.interval == (0, 0)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.ones(3, bool), np.ones(4, bool), "second: expected the 3 images"),
        (np.ones(3), np.ones(3, bool), "first: expected bool"),
        (np.ones(0, bool), np.ones(0, bool), "first: expected bool"),
    ],
)
def test_bad_pairs_are_named(first, second, message):
    with pytest.raises(ValueError, match=message):
        compare_paired(first, second)


def test_the_p_value_is_that_of_scipys_binomial_test():
    random = np.random.default_rng(4)
    for _ in range(20):
        first, second = random.random((2, 60)) < random.random((2, 1))
        comparison = compare_paired(first, second)
        differing = comparison.only_first + comparison.only_second
        expected = binomtest(comparison.only_first, differing).pvalue if differing else 1.0
        assert comparison.p_value == pytest.approx(expected)


def test_the_interval_is_that_of_very_many_resamples():
    random = np.random.default_rng(5)
    n = 300
    first, second = random.random((2, n)) < [[0.8], [0.6]]
    comparison = compare_paired(first, second)
    shares = np.array([comparison.only_first, comparison.only_second]) / n
    drawn = random.multinomial(n, [*shares, 1 - shares.sum()], size=200_000)
    expected = np.percentile(drawn[:, 0] - drawn[:, 1], [2.5, 97.5]) / n
    assert comparison.interval == pytest.approx(expected, abs=1 / n)


def test_many_models_are_compared_as_each_alone():
    models = np.random.default_rng(6).random((4, 500)) < [[0.5], [0.7], [0.71], [1.0]]
    assert compare_with_one(list(models), models[1]) == [compare_paired(model, models[1]) for model in models]
    assert compare_with_one([], models[1]) == []


def test_p_values_are_adjusted_for_their_number():
    """Holm's own steps by hand: 0.01 x 4, 0.02 x 3, 0.03 x 2 (not below the one before), 0.9 x 1."""
    found = holm([0.03, np.nan, 0.01, 0.9, 0.02])
    np.testing.assert_allclose(found, [0.06, np.nan, 0.04, 0.9, 0.06])
    assert holm([0.8, 0.9]).tolist() == [1, 1]
    assert not len(holm([]))
