import keras
import numpy as np
import pytest

from fer_core.networks import build
from fer_core.training.augmentation import PRESETS, RandomAffine
from fer_core.training.callbacks import RandomStates
from fer_core.training.compile import training_model
from fer_core.training.config import MOST_SEED, RunConfig


@pytest.fixture
def faces(drawn) -> np.ndarray:
    return drawn.images[:8, ..., None].astype(np.float32)


@pytest.mark.parametrize("preset", ["report", "modern"])
def test_presets_change_pictures_in_training_and_keep_shape_and_range(preset: str, faces: np.ndarray) -> None:
    x = faces
    for layer in PRESETS[preset](0):
        x = layer(x, training=True)
    x = keras.ops.convert_to_numpy(x)
    assert x.shape == faces.shape
    assert x.min() >= 0
    assert x.max() <= 255
    assert np.abs(x - faces).mean() > 5


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_presets_change_nothing_outside_training(preset: str, faces: np.ndarray) -> None:
    x = faces
    for layer in PRESETS[preset](0):
        x = layer(x, training=False)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(x), faces)


def test_affine_without_limits_is_the_identity(faces: np.ndarray) -> None:
    still = RandomAffine(rotation=0, shift=0, zoom=0, flip=False)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(still(faces, training=True)), faces, atol=1e-3)


def test_affine_with_only_mirroring_gives_each_picture_or_its_mirror_image(faces: np.ndarray) -> None:
    x = keras.ops.convert_to_numpy(RandomAffine(rotation=0, shift=0, zoom=0, flip=True)(faces, training=True))
    kept = np.isclose(x, faces, atol=1e-2).all(axis=(1, 2, 3))
    mirrored = np.isclose(x, faces[:, :, ::-1], atol=1e-2).all(axis=(1, 2, 3))
    assert (kept | mirrored).all()
    assert kept.any()
    assert mirrored.any()


def test_affine_shift_moves_by_at_most_its_share() -> None:
    dot = np.zeros((64, 48, 48, 1), dtype=np.float32)
    dot[:, 24, 24] = 255
    x = keras.ops.convert_to_numpy(RandomAffine(rotation=0, shift=0.1, zoom=0, flip=False)(dot, training=True))
    _, rows, columns, _ = np.nonzero(x > 60)
    assert 1 < np.abs(rows - 24).max() <= 5
    assert 1 < np.abs(columns - 24).max() <= 5


def test_only_copies_are_augmented_where_the_report_asks_for_that(faces: np.ndarray) -> None:
    config = RunConfig(network="compact_vgg", sampling="mild", augment="copies", augmentation="report")
    network = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Identity()])
    model = training_model(network, config)
    augment = np.repeat([[1.0], [0.0]], 4, axis=0)
    x = keras.ops.convert_to_numpy(model({"images": faces, "augment": augment}, training=True))
    np.testing.assert_array_equal(x[4:], faces[4:])
    assert (np.abs(x[:4] - faces[:4]).mean(axis=(1, 2, 3)) > 1).all()


def test_every_seed_epoch_and_layer_has_random_numbers_of_its_own_that_each_backend_can_draw() -> None:
    affine, brightness, contrast = PRESETS["modern"](0)
    dropout = keras.layers.Dropout(0.5)
    network = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Dense(1), dropout])
    model = keras.Sequential([keras.Input((48, 48, 1)), affine, brightness, contrast, network])
    generators = [affine.seed_generator, brightness.generator, contrast.generator, dropout.seed_generator]

    def drawn_from(seed: int, epoch: int) -> list[list[int]]:
        states = RandomStates(seed)
        states.set_model(model)
        states.on_epoch_begin(epoch)
        return [keras.ops.convert_to_numpy(generator.state).tolist() for generator in generators]

    found = [drawn_from(seed, epoch) for seed in (0, 1, 429_497, MOST_SEED) for epoch in (0, 1, 1000)]
    seeds, counted = np.concatenate(found).T.tolist()
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= 0
    assert max(seeds) < 2**30
    assert set(counted) == {0}
    assert drawn_from(0, 1) == found[1]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA resamples pictures for the other backends")
def test_tensorflow_is_not_asked_to_resample_pictures_by_xla() -> None:
    model = training_model(keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Identity()]), RunConfig())
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        model.jit_compile = True
    assert not model.jit_compile


def test_a_trained_model_without_training_is_the_bare_network(faces: np.ndarray) -> None:
    network = build("compact_vgg")
    model = training_model(network, RunConfig(network="compact_vgg"))
    np.testing.assert_allclose(
        model({"images": faces, "augment": np.ones((8, 1))}, training=False), network(faces), atol=1e-5
    )
