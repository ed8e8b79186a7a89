"""A small densely connected network for 48x48 faces."""

import keras
from keras import layers

from fer_core.networks.blocks import conv_norm, image_input, pooled_logits


def compact_densenet(
    *,
    activation: str = "relu",
    input_size: int = 48,
    dropout: float = 0.2,
    stem_filters: int = 32,
    stackwise_layers: tuple[int, ...] = (3, 4, 4),
    growth: int = 48,
) -> keras.Model:
    """Densely connected network (Huang et al., 2017, arXiv 1608.06993) of few, wide layers, quick on a CPU.

    Args:
        stackwise_layers: 3x3 convolutions of each dense stack; a 1x1 convolution to half the channels and average
            pooling stand between stacks.
        growth: channels that each convolution adds.
    """
    images, x = image_input(input_size)
    x = conv_norm(x, stem_filters, activation=activation, name="stem")
    x = layers.MaxPooling2D(2, name="stem_pool")(x)
    for stack, convolutions in enumerate(stackwise_layers):
        if stack:
            x = conv_norm(x, x.shape[-1] // 2, 1, activation=activation, name=f"transition{stack}")
            x = layers.AveragePooling2D(2, name=f"transition{stack}_pool")(x)
        for convolution in range(convolutions):
            name = f"stack{stack}_{convolution}"
            new = conv_norm(x, growth, activation=activation, name=name)
            x = layers.Concatenate(name=f"{name}_concat")([x, new])
    x = conv_norm(x, x.shape[-1], 1, activation=activation, name="last")
    return keras.Model(images, pooled_logits(x, dropout), name="compact_densenet")
