import numpy as np
import pytest

from fer_core.comparison.confusions import cell_images, similarity_order
from fer_core.comparison.models import read_model
from fer_core.comparison.places import find_entries
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.metrics import confusion


@pytest.fixture
def ensemble(recorded):
    return read_model(find_entries(recorded)[0])


def test_classes_that_are_confused_stand_beside_each_other():
    matrix = np.eye(7, dtype=int) * 100
    matrix[0, 6] = matrix[6, 0] = 60
    matrix[2, 5] = matrix[5, 2] = 40
    order = similarity_order(matrix)
    assert sorted(order) == list(range(7))
    assert abs(order.index(0) - order.index(6)) == abs(order.index(2) - order.index(5)) == 1


def test_cells_hold_their_images_the_most_confident_first_with_all_votes(ensemble):
    split = ensemble.splits["private"]
    matrix = confusion(split.probabilities, split.labels)
    true, predicted = 2, int(matrix[2].argmax())
    found = cell_images(ensemble, "private", true, predicted)
    assert len(found.ids) == matrix[true, predicted]
    assert all(f"/{EMOTIONS[true]}/" in name for name in found.ids)
    assert (np.diff(found.confidence) <= 0).all()
    assert found.votes.shape == (len(found.ids), 3)
    assert found.frame().shape == (len(found.ids), 2 + 3)
    assert found.sentences(0)[0].startswith("compact_resnet: ")


def test_a_cell_without_new_images_only_loses_known_ones(ensemble):
    everything = cell_images(ensemble, "test", 3, 3)
    new = cell_images(ensemble, "test", 3, 3, new_only=True)
    assert set(new.ids) < set(everything.ids)
