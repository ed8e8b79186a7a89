"""Training a run to its end, from wherever it was left."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from fer_core import networks
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.splits import Split
from fer_core.emotions import EMOTIONS
from fer_core.interrupt import stop_asked
from fer_core.networks.backbone import BACKBONE
from fer_core.training.batches import Batches
from fer_core.training.callbacks import (
    EarlyStopping,
    Guard,
    Pace,
    RandomStates,
    Seconds,
    enough_memory,
    patience_is_over,
)
from fer_core.training.checkpoint import EpochCheckpoint, read_weights
from fer_core.training.compile import compiled
from fer_core.training.config import RunConfig
from fer_core.training.devices import dtype_policy, precision_policy, trained_on
from fer_core.training.errors import RunStoppedError
from fer_core.training.folder import read_state
from fer_core.training.progress import Report
from fer_core.training.stages import Stage, stages

EVALUATION_BATCH = 256
ADAPTED_TO = 512


def network_of(config: RunConfig, input_size: int | None = None, *, pretrained: bool = False) -> keras.Model:
    """The network that a configuration names, by default at its own input size and with random weights."""
    options: dict[str, object] = {"activation": config.activation, "input_size": input_size or config.size}
    if config.dropout is not None:
        options["dropout"] = config.dropout
    if pretrained:
        options["pretrained"] = True
    return networks.build(config.network, **options)


def _model_of(
    config: RunConfig,
    stage: Stage,
    steps: int,
    done: int,
    weights: Path | None,
    pictures: np.ndarray,
    start: Path | None,
) -> keras.Model:
    """The model that a stage trains, with the weights and the optimizer of the last finished epoch.

    Args:
        steps: batches an epoch.
        done: epochs that are finished.
        weights: of them; None before the first.
        pictures: (n, 48, 48, 1), that pretrained weights are adapted to.
        start: the network's first weights, where they are neither random nor pretrained.
    """
    begins_pretrained = config.pretrained and weights is None
    network = network_of(config, stage.size, pretrained=begins_pretrained)
    if begins_pretrained:
        networks.NETWORKS[config.network].adapt(network, pictures)
    if start and weights is None:
        network.load_weights(start)

    def built(frozen: bool) -> keras.Model:
        if config.freeze_epochs:
            network.get_layer(BACKBONE).trainable = not frozen
        length = stage.schedule_end - stage.schedule_begin
        model = compiled(network, config, steps=steps * length, peak=stage.peak)
        model.optimizer.build(model.trainable_variables)
        return model

    thawing = config.freeze_epochs == stage.begin == done > 0
    model = built(stage.frozen or thawing)
    if weights:
        read_weights(model.load_weights, weights)
    return built(False) if thawing else model


def fit(
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    folder: Path,
    *,
    start: Path | None = None,
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
    report: Report = lambda progress: None,
    verbose: int = 1,
) -> list[dict[str, float]]:
    """Train, or go on training; the best weights by validation accuracy at full input size end up in `folder`.

    Args:
        split: what to train on and what to compare epochs on.
        folder: checkpoints, an existing folder; a run that was stopped or killed goes on from its last finished epoch,
            with the batches, augmentation and dropout of a run that was not.
        start: weights of the same network that it begins with.
        on_epoch: called with the new row of the history after each epoch, when its checkpoint is written.
        report: called after each batch with how far the run is.
        verbose: Keras's: 0 silent, 1 a progress bar, 2 a line an epoch.

    Returns:
        The history, a row an epoch: loss, accuracy, top2_accuracy, the same with `val_`, learning_rate, seconds.

    Raises:
        RunFailedError: the loss is not a number, a checkpoint can't be read or written, or memory is not enough.
        RunStoppedError: SIGTERM or SIGINT came.
        KeyboardInterrupt: it came twice.
    """
    keras.utils.set_random_seed(config.seed)
    state = read_state(folder)
    history: list[dict[str, float]] = state["history"] if state else []
    batches = Batches(dataset, split.train, config)
    validation = (
        {
            "images": dataset.images[split.validation][..., None],
            "augment": np.zeros((len(split.validation), 1), dtype=np.float32),
        },
        np.eye(len(EMOTIONS), dtype=np.float32)[dataset.labels[split.validation]],
    )
    costs = [float(stage.size) ** 2 for stage in stages(config) for _ in range(stage.begin, stage.end)]
    pace = Pace(report, str(folder.parent), costs, config.batch_size)
    with dtype_policy(precision_policy(config)), stop_asked() as stopped:

        def told(row: dict[str, float]) -> None:
            try:
                on_epoch(row)
            except Exception as error:  # a grid gives the run up; asked to stop, it must not go on with the next one
                if stopped():
                    raise RunStoppedError(f"stopped after epoch {row['epoch']:g}; it goes on from there") from error
                raise

        guard = Guard(stopped)
        for stage in stages(config):
            patience = config.early_stopping if stage.end == config.epochs else None
            if len(history) >= stage.end or patience_is_over(history[stage.begin :], patience):
                continue
            weights = folder / read_state(folder)["weights"] if history else None
            seen = dataset.images[split.train[:: len(split.train) // ADAPTED_TO + 1]][..., None]
            with enough_memory(config.batch_size):
                model = _model_of(config, stage, len(batches), len(history), weights, seen, start)
                network = model.get_layer(config.network)
                averaged = keras.callbacks.SwapEMAWeights() if config.ema else None
                model.fit(
                    batches,
                    validation_data=validation,
                    validation_batch_size=EVALUATION_BATCH,
                    epochs=stage.end,
                    initial_epoch=len(history),
                    verbose=verbose,
                    shuffle=False,  # `Batches` does; Keras would by a random state that no checkpoint has
                    callbacks=[
                        guard,
                        keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: batches.begin(epoch)),
                        RandomStates(config.seed),
                        *([averaged] if averaged else []),
                        Seconds(),
                        pace,
                        EpochCheckpoint(
                            folder, network, history, told, averaged, config.small_epochs, trained_on(config)
                        ),
                        EarlyStopping(history, patience, stage.begin),
                    ],
                )
        if stopped():  # since the last batch, after which the guard looks no more
            raise RunStoppedError("stopped after the last epoch; it is recorded when it goes on")
    return history


def best_network(config: RunConfig, folder: Path) -> keras.Model:
    """The network with its best weights, in float32, for evaluation and export.

    Raises:
        RunFailedError: they can't be read.
    """
    with dtype_policy("float32"):
        network = network_of(config)
    read_weights(network.load_weights, folder / read_state(folder)["best"])
    return network
