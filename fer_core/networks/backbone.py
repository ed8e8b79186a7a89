"""ImageNet networks of `keras.applications` as the first part of a network, and the dense layers after them."""

from collections.abc import Callable
from functools import partial

import keras
from keras import layers

BACKBONE = "backbone"


class PretrainedWeightsError(OSError):
    """Pretrained weights can't be had; the message says what to do."""


def imagenet_backbone(
    application: Callable[..., keras.Model], size: int, *, pretrained: bool, weights_file: str
) -> keras.Model:
    """(batch, size, size, 3) -> (batch, h, w, channels), as one layer called `backbone`.

    `network.get_layer(BACKBONE).trainable = False` freezes all of it.

    Args:
        application: a function of `keras.applications`.
        weights_file: name under which Keras keeps the application's weights without the top.

    Raises:
        PretrainedWeightsError: the weights are not on this machine and can't be downloaded, or the file is damaged.
    """
    build = partial(application, include_top=False, input_shape=(size, size, 3), name=BACKBONE)
    if not pretrained:
        return build(weights=None)
    try:
        return build(weights="imagenet")
    except Exception as error:  # a failed download is a plain Exception in Keras
        raise PretrainedWeightsError(
            f"pretrained: no ImageNet weights ({error}); place {weights_file} in ~/.keras/models "
            "(or models/ in KERAS_HOME), or start from random weights with pretrained off"
        ) from error


def dense_head(
    x: keras.KerasTensor, *, activation: str, dropout: float, regularizer: keras.regularizers.Regularizer | None = None
) -> keras.KerasTensor:
    """The report's three dense layers over pooled features, he_normal, dropout after each."""
    for number, units in enumerate((512, 256, 128), start=1):
        x = layers.Dense(
            units,
            activation=activation,
            kernel_initializer="he_normal",
            kernel_regularizer=regularizer,
            name=f"dense{number}",
        )(x)
        x = layers.Dropout(dropout, name=f"dropout{number}")(x)
    return x
