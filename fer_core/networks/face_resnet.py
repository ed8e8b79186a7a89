"""dlib's face recognition network, whose weights the package index carries, with emotions in place of identities."""

import keras
import numpy as np
from keras import layers, ops

from fer_core.networks.backbone import BACKBONE
from fer_core.networks.blocks import image_input, pooled_logits
from fer_core.networks.dlib_weights import recognition_weights

EPSILON = 1e-5
SMALLEST = 96
"""A choice: the weights were learned on 150 pixels. The layers would take 55, but leave a single place at the end."""
SCALE = 256
STAGES = ((32, 3), (64, 4), (128, 3), (256, 3))
"""Channels and residual blocks of each stage; all but the first begin by halving the maps."""
MEAN_COLOUR = (122.782, 117.001, 104.298)


def face_resnet(
    *, activation: str = "relu", input_size: int = SMALLEST, dropout: float = 0.2, pretrained: bool = False
) -> keras.Model:
    """The network of dlib's `dnn_face_recognition_ex.cpp` (King, 2017) without its last block, on gray faces.

    A ResNet with half the filters: the paddings and the shortcuts, which average and fill up with zeros, are dlib's,
    as its weights need them. Faces are enlarged, since the weights were learned on faces of 150 pixels.

    Args:
        activation: the weights were learned with "relu"; another one can start from random weights only.
        dropout: share of channels dropped before the last layer.
        pretrained: start from dlib's weights, of the package `face_recognition_models`; they need `calibrate`.

    Raises:
        PretrainedWeightsError: the package is not installed.
        ValueError: `pretrained` with another activation, or an `input_size` below 96.
    """
    if input_size < SMALLEST:
        raise ValueError(f"input_size: expected at least {SMALLEST}, got {input_size}")
    if pretrained and activation != "relu":
        raise ValueError(f"activation: dlib's weights were learned with relu, got {activation!r}")
    images, x = image_input(input_size)
    x = layers.Rescaling(255 / SCALE, name="dlib_scale")(x)
    backbone = _backbone(input_size, activation)
    if pretrained:
        set_weights(backbone, *recognition_weights())
    return keras.Model(images, pooled_logits(backbone(x), dropout), name="face_resnet")


def _backbone(size: int, activation: str) -> keras.Model:
    """(batch, size, size, 1) -> (batch, h, w, 256); convolutions are numbered as in the weights file."""
    pictures = keras.Input((size, size, 1), name="pictures")
    number = 0

    def conv_norm(x: keras.KerasTensor, filters: int, kernel: int, strides: int) -> keras.KerasTensor:
        nonlocal number
        padding = "same" if strides == 1 else "valid"
        x = layers.Conv2D(
            filters,
            kernel,
            strides,
            padding=padding,
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"conv{number}",
        )(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=EPSILON, name=f"norm{number}")(x)
        number += 1
        return x

    x = layers.Activation(activation)(conv_norm(pictures, STAGES[0][0], 7, 2))
    x = layers.MaxPooling2D(3, 2)(x)
    for stage, (filters, blocks) in enumerate(STAGES):
        for block in range(blocks):
            halving = stage > 0 and block == 0
            shortcut = layers.AveragePooling2D(2)(x) if halving else x
            x = layers.Activation(activation)(conv_norm(x, filters, 3, 2 if halving else 1))
            x = layers.Activation(activation)(_padded_sum(conv_norm(x, filters, 3, 1), shortcut))
    return keras.Model(pictures, x, name=BACKBONE)


def _padded_sum(*maps: keras.KerasTensor) -> keras.KerasTensor:
    """dlib's `add_prev`: of maps of different sizes the smaller is filled up with zeros below, right and behind."""
    sizes = [max(sides) for sides in zip(*(x.shape[1:] for x in maps), strict=True)]
    missing = [[(0, size - side) for size, side in zip(sizes, x.shape[1:], strict=True)] for x in maps]
    filled = [
        ops.pad(x, [(0, 0), *after]) if any(map(any, after)) else x for x, after in zip(maps, missing, strict=True)
    ]
    return layers.Add()(filled)


def set_weights(backbone: keras.Model, convolutions: list[np.ndarray], affines: list[np.ndarray]) -> None:
    """Give a backbone dlib's weights. Its colours are added up: the answer to gray as red, green and blue is the same.

    Args:
        convolutions: of each, kernels as (filters, in, h, w) and biases, flat.
        affines: of each, factors and offsets, flat: batch normalization as dlib folds it after training.
    """
    norms = [layer for layer in backbone.layers if isinstance(layer, layers.BatchNormalization)]
    for number, norm in enumerate(norms):
        convolution = backbone.get_layer(f"conv{number}")
        filters, size = convolution.filters, convolution.kernel_size[0]
        kernel = convolutions[number][:-filters].reshape(filters, -1, size, size).transpose(2, 3, 1, 0)
        bias = convolutions[number][-filters:]
        if number == 0:
            bias = bias - (kernel * np.reshape(MEAN_COLOUR, (3, 1))).sum(axis=(0, 1, 2)) / SCALE
            kernel = kernel.sum(axis=2, keepdims=True)
        convolution.set_weights([kernel])
        factor, offset = affines[number].reshape(2, filters)
        norm.set_weights([factor, offset + factor * bias, np.zeros(filters), np.full(filters, 1 - EPSILON)])


def calibrate(network: keras.Model, pictures: np.ndarray) -> None:
    """Give batch normalization the means and variances that dlib's file no longer has; what is answered stays.

    Without them training would begin by undoing the weights: it normalizes by the batch, which the file does not know.

    Args:
        pictures: (n, 48, 48, 1) in [0, 255] that are trained on; some hundreds do.
    """
    backbone = network.get_layer(BACKBONE)
    norms = [layer for layer in backbone.layers if isinstance(layer, layers.BatchNormalization)]
    before = keras.Model(network.input, network.get_layer("dlib_scale").output)
    inside = keras.Model(backbone.input, [norm.input for norm in norms])
    found = inside.predict(before.predict(pictures, verbose=0), batch_size=64, verbose=0)
    for norm, maps in zip(norms, found, strict=True):
        # In the maps' own type, maybe bfloat16, sums would soon stop growing.
        mean, variance = (moment(maps, axis=(0, 1, 2), dtype=np.float64) for moment in (np.mean, np.var))
        factor, offset, old_mean, old_variance = norm.get_weights()
        factor = factor / np.sqrt(old_variance + EPSILON)
        norm.set_weights([factor * np.sqrt(variance + EPSILON), offset + factor * (mean - old_mean), mean, variance])
