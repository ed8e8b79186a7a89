import keras
import numpy as np
import pytest

from fer_core.datasets.sampling import class_weights, oversample
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.training.batches import Batches, mix
from fer_core.training.compile import compiled
from fer_core.training.config import RunConfig


def labels_of(batches: Batches) -> np.ndarray:
    return np.concatenate([batches[i][1].argmax(axis=1) for i in range(len(batches))])


def test_the_order_depends_on_seed_and_epoch_alone(drawn) -> None:
    config, indices = RunConfig(batch_size=32, seed=4), drawn.where("Training")
    first, resumed = Batches(drawn, indices, config), Batches(drawn, indices, config)
    for epoch in range(2):
        first.begin(epoch)
    resumed.begin(1)
    np.testing.assert_array_equal(first[0][0]["images"], resumed[0][0]["images"])
    assert not np.array_equal(labels_of(resumed), labels_of(Batches(drawn, indices, config)))


def test_oversampled_copies_are_served_and_marked(drawn) -> None:
    indices = drawn.where("Training")
    positions, is_copy = oversample(drawn.labels[indices], "full")
    batches = Batches(drawn, indices, RunConfig(batch_size=1, sampling="full", augment="copies"))
    assert len(batches) == len(positions)
    assert sum(batches[i][0]["augment"].item() for i in range(len(batches))) == is_copy.sum()


@pytest.mark.parametrize("sampling", ["none", "full"])
def test_weighted_cross_entropy_weighs_each_class_the_same_copies_counted(drawn, sampling: str) -> None:
    indices = drawn.where("Training")
    trained_on = indices[oversample(drawn.labels[indices], sampling)[0]]
    weights = class_weights(drawn.labels[trained_on])
    config = RunConfig(batch_size=64, loss="weighted_cross_entropy", sampling=sampling)
    _, targets, sample_weights = Batches(drawn, indices, config)[0]
    np.testing.assert_allclose(sample_weights, weights[targets.argmax(axis=1)], rtol=1e-6)


def test_mixup_blends_pictures_and_targets_in_the_same_shares() -> None:
    images = np.array([0, 100, 200], dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), dtype=np.uint8)
    blended, targets = mix(images, np.eye(7, dtype=np.float32)[[0, 1, 2]], np.array([1.0, 0.5, 0.25]))
    assert blended[:, 0, 0, 0].tolist() == [0, 50, 125]
    np.testing.assert_allclose(targets[:, :3], [[1, 0, 0], [0.5, 0.5, 0], [0, 0.75, 0.25]])


@pytest.mark.parametrize("alpha", [0, 0.4])
def test_targets_sum_to_one(drawn, alpha: float) -> None:
    _, targets, _ = Batches(drawn, drawn.where("Training"), RunConfig(batch_size=64, mixup=alpha))[0]
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)


def test_soft_labels_take_their_share_of_the_targets(drawn, tmp_path) -> None:
    training = drawn.where("Training")
    softer = np.full((len(training), 7), 1 / 7)
    SoftLabels.of(drawn, training, softer, "nobody").write(tmp_path / "soft.npz")
    config = RunConfig(batch_size=64, soft_labels=str(tmp_path / "soft.npz"), soft_share=0.7)
    (_, targets, _), (_, hard, _) = (
        Batches(drawn, training, config)[0],
        Batches(drawn, training, RunConfig(batch_size=64))[0],
    )
    np.testing.assert_allclose(targets, 0.3 * hard + 0.1, atol=1e-3)


def test_a_network_that_learns_from_soft_labels_is_measured_by_the_labels(drawn, tmp_path) -> None:
    training = drawn.where("Training")
    always = np.eye(7)[np.full(len(training), 6)]
    SoftLabels.of(drawn, training, always, "always surprised").write(tmp_path / "soft.npz")
    config = RunConfig(batch_size=64, augmentation="none", soft_labels=str(tmp_path / "soft.npz"))
    network = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(7)])
    network.layers[-1].set_weights([np.zeros((48 * 48, 7)), np.arange(7)])
    inputs, targets, weights = Batches(drawn, training, config)[0]
    model = compiled(network, config, steps=1)
    measured = model.evaluate(inputs, targets, sample_weight=weights, verbose=0, return_dict=True)
    labels = labels_of(Batches(drawn, training, RunConfig(batch_size=64)))[:64]
    assert (targets.argmax(axis=1) == 6).all()
    assert measured["accuracy"] == pytest.approx((labels == 6).mean())
    assert measured["top2_accuracy"] == pytest.approx((labels >= 5).mean())


def test_with_mixup_the_targets_measure(drawn, tmp_path) -> None:
    training = drawn.where("Training")
    SoftLabels.of(drawn, training, np.full((len(training), 7), 1 / 7), "nobody").write(tmp_path / "soft.npz")
    config = RunConfig(mixup=0.2, soft_labels=str(tmp_path / "soft.npz"))
    assert "labels" not in Batches(drawn, training, config)[0][0]


def test_after_soft_epochs_labels_alone_count(drawn, tmp_path) -> None:
    training = drawn.where("Training")
    SoftLabels.of(drawn, training, np.full((len(training), 7), 1 / 7), "nobody").write(tmp_path / "soft.npz")
    config = RunConfig(epochs=3, soft_labels=str(tmp_path / "soft.npz"), soft_share=1, soft_epochs=2)
    batches, softened = Batches(drawn, training, config), []
    for epoch in range(config.epochs):
        batches.begin(epoch)
        softened.append(batches[0][1].max() < 0.5)
    assert softened == [True, True, False]
