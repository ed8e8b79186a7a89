from pathlib import Path

import numpy as np
import pytest

from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.explain import evidence, explain, explain_maps, overlay


def test_evidence_is_strongest_where_the_class_is_likelier_than_the_others() -> None:
    maps = np.zeros((6, 6, 7), np.float32)
    maps[1, 4, 3] = 5
    found = evidence(maps, 3)
    assert found.shape == (48, 48)
    assert found.max() == 1
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert (row // 8, column // 8) == (1, 4)


def test_what_speaks_for_all_classes_alike_is_no_evidence() -> None:
    assert evidence(np.ones((6, 6, 7), np.float32), 2).max() == 0


def test_the_mean_is_over_the_members_that_have_maps_by_their_weights(tiny_card: Path, faces: np.ndarray) -> None:
    ensemble = Ensemble.load(tiny_card)
    found = explain(ensemble, faces[0], 3)
    assert found.members[2] is None
    np.testing.assert_allclose(found.mean, np.average(found.members[:2], axis=0, weights=[1, 2]), atol=1e-6)


def test_a_map_that_tells_few_places_apart_counts_less(tiny_card: Path) -> None:
    ensemble, rng = Ensemble.load(tiny_card), np.random.default_rng(0)
    coarse, fine = rng.normal(size=(2, 2, 7)), rng.normal(size=(6, 6, 7))
    found = explain_maps(ensemble, (coarse, fine, None), 3)
    assert found.grids == (coarse.shape[:2], fine.shape[:2], None)
    np.testing.assert_allclose(found.mean, np.average(found.members[:2], axis=0, weights=[4, 2 * 36]), atol=1e-6)


def test_an_ensemble_without_maps_says_so(tiny_models: list[Path], faces: np.ndarray) -> None:
    with pytest.raises(ValueError, match="global average pooling"):
        explain(Ensemble.of_model(tiny_models[2]), faces[0], 3)


@pytest.mark.parametrize(("shape", "label"), [((6, 6), 0), ((6, 6, 5), 0), ((6, 6, 7), 7)])
def test_maps_of_another_shape_and_unknown_classes_are_refused(shape: tuple[int, ...], label: int) -> None:
    with pytest.raises(ValueError, match=r"class_maps|label"):
        evidence(np.zeros(shape), label)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_without_evidence_the_overlay_is_the_face(channels: tuple[int, ...]) -> None:
    crop = np.full((48, 48, *channels), 90, np.uint8)
    np.testing.assert_array_equal(overlay(crop, np.zeros((48, 48)), 96), np.full((96, 96, 3), 90))
    assert (overlay(crop, np.ones((48, 48)), 96)[:, :, 0] > 90).all()
