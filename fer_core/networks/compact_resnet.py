"""Residual networks for 48x48 faces."""

import keras
from keras import layers

from fer_core.networks.blocks import conv_norm, image_input, pooled_logits


def compact_resnet(
    *,
    activation: str = "relu",
    input_size: int = 48,
    dropout: float = 0.2,
    stem_filters: int = 32,
    stackwise_filters: tuple[int, ...] = (64, 128, 256),
    stackwise_blocks: tuple[int, ...] = (1, 1, 1),
    name: str = "compact_resnet",
) -> keras.Model:
    """Residual network (He et al., 2016, arXiv 1512.03385) that halves the picture before each stack.

    Halved by max pooling: gradients of strided convolutions are slow on CPUs.

    Args:
        stackwise_filters: channels of each stack.
        stackwise_blocks: residual blocks of each stack.
    """
    images, x = image_input(input_size)
    x = conv_norm(x, stem_filters, activation=activation, name="stem")
    for stack, (filters, blocks) in enumerate(zip(stackwise_filters, stackwise_blocks, strict=True)):
        x = layers.MaxPooling2D(2, name=f"stack{stack}_pool")(x)
        for block in range(blocks):
            x = _basic_block(x, filters, activation=activation, name=f"stack{stack}_block{block}")
    return keras.Model(images, pooled_logits(x, dropout), name=name)


def wide_resnet(*, activation: str = "relu", input_size: int = 48, dropout: float = 0.2) -> keras.Model:
    """The same with half as many channels again and two blocks in each stack."""
    return compact_resnet(
        activation=activation,
        input_size=input_size,
        dropout=dropout,
        stem_filters=48,
        stackwise_filters=(96, 192, 384),
        stackwise_blocks=(2, 2, 2),
        name="wide_resnet",
    )


def _basic_block(x: keras.KerasTensor, filters: int, *, activation: str, name: str) -> keras.KerasTensor:
    shortcut = x
    if x.shape[-1] != filters:
        shortcut = conv_norm(x, filters, 1, activation=None, name=f"{name}_shortcut")
    x = conv_norm(x, filters, activation=activation, name=f"{name}_1")
    x = conv_norm(x, filters, activation=None, name=f"{name}_2")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation(activation, name=f"{name}_{activation}")(x)
