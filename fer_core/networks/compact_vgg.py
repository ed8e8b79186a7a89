"""Plain convolutional networks for 48x48 faces."""

import keras
from keras import layers

from fer_core.networks.blocks import conv_norm, image_input, pooled_logits


def compact_vgg(
    *,
    activation: str = "relu",
    input_size: int = 48,
    dropout: float = 0.3,
    stackwise_filters: tuple[int, ...] = (32, 64, 128, 256),
    stackwise_convolutions: tuple[int, ...] = (1, 2, 2, 2),
    name: str = "compact_vgg",
) -> keras.Model:
    """The report's VGG with batch normalization and fewer channels, and one dense layer after global pooling.

    Args:
        stackwise_filters: channels of each stack; max pooling stands between stacks.
        stackwise_convolutions: 3x3 convolutions of each stack.
    """
    images, x = image_input(input_size)
    for stack, (filters, convolutions) in enumerate(zip(stackwise_filters, stackwise_convolutions, strict=True)):
        if stack:
            x = layers.MaxPooling2D(2, name=f"pool{stack}")(x)
        for convolution in range(convolutions):
            x = conv_norm(x, filters, activation=activation, name=f"stack{stack}_{convolution}")
    return keras.Model(images, pooled_logits(x, dropout), name=name)


def wide_vgg(*, activation: str = "relu", input_size: int = 48, dropout: float = 0.3) -> keras.Model:
    """The same with the channels of the report's VGG, two convolutions in each stack."""
    return compact_vgg(
        activation=activation,
        input_size=input_size,
        dropout=dropout,
        stackwise_filters=(64, 128, 256, 512),
        stackwise_convolutions=(2, 2, 2, 2),
        name="wide_vgg",
    )
