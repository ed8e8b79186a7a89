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
    found = interval_of(*auc_influence(probabilities, labels), labels[:, None] == np.arange(7))
    np.testing.assert_allclose(found[common], expected[common], atol=0.015)


def test_the_variance_is_delongs_with_one_less_than_the_images_of_each_side():
    """The placements written out, as in section 3 of DeLong et al."""
    random = np.random.default_rng(3)
    labels = np.repeat([0, 1], [4, 9])
    probabilities = random.dirichlet(np.ones(2), 13)
    areas, influence = auc_influence(probabilities, labels)
    beats = (probabilities[labels == 1, 1][:, None] > probabilities[labels == 0, 1]).astype(float)
    assert areas[1] == pytest.approx(beats.mean())
    variance = beats.mean(axis=1).var(ddof=1) / 9 + beats.mean(axis=0).var(ddof=1) / 4
    low, high = interval_of(areas[1], influence[:, 1], labels == 1)
    assert low == pytest.approx(max(0, areas[1] - 1.959964 * variance**0.5))
    assert high == pytest.approx(min(1, areas[1] + 1.959964 * variance**0.5))


def test_an_area_of_one_image_or_without_a_mistake_has_no_interval():
    labels = np.array([0, 1, 1, 1, 2, 2, 2, 2])
    probabilities = np.eye(7)[labels] * 0.3 + np.random.default_rng(0).dirichlet(np.ones(7), 8) * 0.7
    probabilities[:, 1] = np.where(labels == 1, 0.9, 0.02)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    found = interval_of(*auc_influence(probabilities, labels), labels[:, None] == np.arange(7))
    assert np.isnan(found[:2]).all()

    labels = np.array([0, 0, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.5, 0.5]]) @ np.eye(7)[:2]
    found = interval_of(*auc_influence(probabilities, labels), labels[:, None] == np.arange(7))
    assert np.isnan(found).all()


def test_a_class_without_images_has_no_area():
    areas, influence = auc_influence(np.full((4, 7), 1 / 7), np.array([0, 0, 1, 1]))
    assert areas[:2] == pytest.approx(0.5)
    assert np.isnan(areas[2:]).all()
    assert np.isnan(influence[:, 2:]).all()
