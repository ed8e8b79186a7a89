"""From a configuration to a compiled model."""

from typing import Any

import keras
from keras import layers, ops

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.training.augmentation import PRESETS
from fer_core.training.config import RunConfig

WARM_UP_SHARE = 0.25


class TrainingModel(keras.Model):
    """A model whose metrics go by the images' labels where it learns from softer targets."""

    def compute_metrics(self, x: dict[str, Any], y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Keras's, by `labels` beside the pictures, if any, in place of the targets."""
        return super().compute_metrics(x, x.get("labels", y), y_pred, sample_weight)


def training_model(network: keras.Model, config: RunConfig) -> keras.Model:
    """Put augmentation in front of a network; `RandomStates` says what it draws in each epoch.

    Args:
        network: (batch, 48, 48, 1) pictures in [0, 255] -> (batch, 7) logits.

    Returns:
        A model of `images` and `augment` (see `Batches`). Without training it is the network.
    """
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), name="images")
    augment = keras.Input((1,), name="augment")
    x = images
    for layer in PRESETS[config.augmentation](0):
        if keras.backend.backend() == "jax":
            # Keras says no of its random rotation and translation; then no part of a step is compiled, and it takes
            # fifty times as long.
            layer.supports_jit = True
        x = layer(x)
    x = layers.Lambda(
        lambda pair: ops.where(pair[0][:, :, None, None] > 0, pair[1], pair[2]),
        output_shape=(IMAGE_SIZE, IMAGE_SIZE, 1),
        dtype="float32",
        name="only_where_asked",
    )([augment, x, images])
    # Of a list of inputs Keras takes those from a dictionary that have their names; others may stand beside them.
    return TrainingModel([images, augment], network(x), name="training")


def learning_rate(
    config: RunConfig, steps: int, peak: float | None = None
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The schedule over `steps` optimizer steps in all, up to `peak` (`learning_rate` of the configuration).

    `one_cycle` rises linearly for a quarter of the steps and falls as a cosine to nearly 0 (Smith, 2018, arXiv
    1803.09820, without the momentum cycle); `cosine` only falls.
    """
    peak = config.learning_rate if peak is None else peak
    if config.schedule == "constant":
        return peak
    warm_up = round(steps * WARM_UP_SHARE) if config.schedule == "one_cycle" else 0
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 25 if warm_up else peak,
        decay_steps=max(1, steps - warm_up),
        alpha=1e-3,
        warmup_target=peak if warm_up else None,
        warmup_steps=warm_up,
    )


def optimizer(config: RunConfig, steps: int, peak: float | None = None) -> keras.optimizers.Optimizer:
    """The optimizer with its schedule, weight decay, clipping and moving average of the weights.

    Clipping is by the norm of all gradients together (Pascanu et al., 2013, arXiv 1211.5063).
    """
    options: dict[str, Any] = {
        "learning_rate": learning_rate(config, steps, peak),
        "weight_decay": config.weight_decay or None,
        "global_clipnorm": config.clip_norm,
        "use_ema": config.ema is not None,
        "ema_momentum": config.ema or 0.99,
    }
    if config.optimizer == "sgd":
        built = keras.optimizers.SGD(momentum=config.momentum, nesterov=config.nesterov, **options)
    elif config.optimizer == "adam":
        built = keras.optimizers.Adam(**options)
    elif config.optimizer == "adamw":
        built = keras.optimizers.AdamW(**{**options, "weight_decay": config.weight_decay})
    else:
        built = keras.optimizers.RMSprop(**options)
    if config.weight_decay:
        built.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return built


def loss(config: RunConfig) -> keras.losses.Loss:
    """The loss of logits against (batch, 7) targets; class weights arrive as sample weights."""
    options = {"from_logits": True, "label_smoothing": config.label_smoothing}
    if config.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(**options)
    return keras.losses.CategoricalCrossentropy(**options)


def compiled(network: keras.Model, config: RunConfig, *, steps: int, peak: float | None = None) -> keras.Model:
    """A model to call `fit` on; `steps` counts the optimizer steps of the schedule, `peak` is its highest rate."""
    model = training_model(network, config)
    model.compile(
        optimizer=optimizer(config, steps, peak),
        loss=loss(config),
        metrics=[
            keras.metrics.CategoricalAccuracy(name="accuracy"),
            keras.metrics.TopKCategoricalAccuracy(k=2, name="top2_accuracy"),
        ],
    )
    return model
