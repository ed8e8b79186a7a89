import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fer_core.evaluation.delong import auc_influence, interval_of


def test_areas_are_those_of_scikit_learn_with_ties_too(answers):
    probabilities, labels = answers
    rounded = np.round(probabilities, 2)
    rounded /= rounded.sum(axis=1, keepdims=True)
    for values in (probabilities, rounded):
        expected = [roc_auc_score(labels == place, values[:, place]) for place in range(7)]
        np.testing.assert_allclose(auc_influence(values, labels)[0], expected)


def test_intervals_are_those_of_drawing_images_one_by_one(answers):
    probabilities, labels = answers
    random = np.random.default_rng(2)
    drawn = []
    for _ in range(500):
        chosen = random.integers(0, len(labels), len(labels))
        drawn.append(auc_influence(probabilities[chosen], labels[chosen])[0])
    expected = np.nanpercentile(drawn, [2.5, 97.5], axis=0).T
    common = np.bincount(labels, minlength=7) > 30
    found = interval_of(*auc_influence(probabilities, labels))
    np.testing.assert_allclose(found[common], expected[common], atol=0.015)


def test_a_class_without_images_has_no_area():
    areas, influence = auc_influence(np.full((4, 7), 1 / 7), np.array([0, 0, 1, 1]))
    assert areas[:2] == pytest.approx(0.5)
    assert np.isnan(areas[2:]).all()
    assert np.isnan(influence[:, 2:]).all()
