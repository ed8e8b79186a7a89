import numpy as np
import pytest
from scipy.stats import binomtest

from fer_core.evaluation.paired import compare_paired


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
        comparison = compare_paired(first, second, resamples=1)
        differing = comparison.only_first + comparison.only_second
        expected = binomtest(comparison.only_first, differing).pvalue if differing else 1.0
        assert comparison.p_value == pytest.approx(expected)
