from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from fer_core.datasets.splits import split_training
from fer_core.networks.backbone import BACKBONE
from fer_core.training import fit as fitting
from fer_core.training.config import RunConfig
from fer_core.training.errors import RunStoppedError
from fer_core.training.stages import stages


def tiny_network(config: RunConfig, input_size: int | None = None, *, pretrained: bool = False) -> keras.Model:
    """A backbone and a layer on top, in place of DenseNet121 and its download."""
    backbone = keras.Sequential(
        [layers.Input((48, 48, 1)), layers.Rescaling(1 / 255), layers.Conv2D(4, 3, 4), layers.BatchNormalization()],
        name=BACKBONE,
    )
    images = keras.Input((48, 48, 1))
    x = layers.GlobalAveragePooling2D()(backbone(images))
    return keras.Model(images, layers.Dense(7, name="top")(x), name=config.network)


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    monkeypatch.setattr(fitting, "network_of", tiny_network)
    fields = {"network": "densenet121", "pretrained": True, "freeze_epochs": 2, "epochs": 4, "batch_size": 32}
    return RunConfig(**fields, learning_rate=0.1, schedule="cosine", precision="float32")


def weights(folder: Path, config: RunConfig, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """After an epoch: kernels of the backbone and of the layer on top, and the backbone's moving means."""
    network = tiny_network(config)
    fitting.compiled(network, config, steps=1).load_weights(folder / f"epoch{epoch}.weights.h5", skip_mismatch=True)
    _, convolution, norm = network.get_layer(BACKBONE).layers
    return np.array(convolution.kernel), np.array(network.get_layer("top").kernel), np.array(norm.moving_mean)


@pytest.mark.slow
def test_the_backbone_is_left_alone_first_and_then_trained_at_a_lower_rate(
    tmp_path: Path, drawn, config: RunConfig
) -> None:
    split = split_training(drawn, seed=0)
    after = {}

    def keep(row: dict[str, float]) -> None:
        epoch = int(row["epoch"])
        after[epoch] = weights(tmp_path, config, epoch)

    history = fitting.fit(config, drawn, split, tmp_path, on_epoch=keep, verbose=0)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    np.testing.assert_array_equal(after[1][0], after[2][0])
    assert not after[2][2].any()
    assert not np.array_equal(after[1][1], after[2][1])
    assert not np.array_equal(after[2][0], after[3][0])
    assert after[3][2].any()
    assert max(row["learning_rate"] for row in history[2:]) < 0.01


@pytest.mark.slow
def test_a_run_that_was_stopped_between_the_stages_goes_on_with_fine_tuning(
    tmp_path: Path, drawn, config: RunConfig
) -> None:
    split = split_training(drawn, seed=0)

    def stop(row: dict[str, float]) -> None:
        if row["epoch"] in (2, 3):
            raise RunStoppedError

    for _ in range(2):
        with pytest.raises(RunStoppedError):
            fitting.fit(config, drawn, split, tmp_path, on_epoch=stop, verbose=0)
    history = fitting.fit(config, drawn, split, tmp_path, verbose=0)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]


@pytest.mark.slow
def test_patience_begins_with_the_last_stage(tmp_path: Path, drawn, config: RunConfig) -> None:
    patient = config.changed(freeze_epochs=3, early_stopping=1, learning_rate=1e-7)
    history = fitting.fit(patient, drawn, split_training(drawn, seed=0), tmp_path, verbose=0)
    assert len(history) >= 4


def test_progressive_resizing_is_one_schedule_in_two_sizes() -> None:
    small, full = stages(RunConfig(epochs=10, small_epochs=4, small_size=32))
    assert (small.size, small.begin, small.end) == (32, 0, 4)
    assert (full.size, full.begin, full.end) == (48, 4, 10)
    assert (small.schedule_begin, small.schedule_end) == (full.schedule_begin, full.schedule_end) == (0, 10)
