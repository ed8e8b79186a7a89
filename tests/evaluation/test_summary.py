import numpy as np
import pytest

from fer_core.evaluation.report import evaluate_probabilities
from fer_core.evaluation.summary import recall_by_class, summary_table


def evaluation(right: float, images: int = 70, also_in_training: np.ndarray | None = None):
    labels = np.arange(images) % 7
    predicted = np.where(np.arange(images) < right * images, labels, (labels + 1) % 7)
    return evaluate_probabilities(np.eye(7)[predicted] * 0.7 + 0.3 / 7, labels, also_in_training=also_in_training)


def test_a_row_holds_the_scores_of_its_evaluation() -> None:
    table = summary_table({"public": evaluation(0.8), "private": evaluation(0.6, also_in_training=np.arange(70) < 35)})
    assert table["split"].tolist() == ["public", "private"]
    assert table["accuracy"].tolist() == pytest.approx([0.8, 0.6])
    assert (table["low"] < table["accuracy"]).all()
    assert (table["accuracy"] < table["high"]).all()
    assert table["new_images_accuracy"].tolist()[1] == pytest.approx(0.2)
    assert (table["new_images_low"] < table["new_images_accuracy"]).tolist()[1]
    assert (table["new_images_accuracy"] < table["new_images_high"]).tolist()[1]
    for column in ("new_images_accuracy", "new_images_low", "new_images_high"):
        assert np.isnan(table[column].astype(float)[0])


def test_recall_names_the_best_class_first() -> None:
    labels = np.repeat(np.arange(7), 2)
    predicted = labels.copy()
    predicted[[0, 1, 2]] = 6
    recall = recall_by_class(evaluate_probabilities(np.eye(7)[predicted], labels))
    assert recall.index[-2:].tolist() == ["disgusted", "angry"]
    assert recall["angry"] == 0
    assert recall["disgusted"] == 0.5
