"""The pieces that networks share: how pictures come in and how scores come out."""

import keras
from keras import layers

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.emotions import EMOTIONS

CLASS_MAPS = "class_maps"
LOGITS = "logits"


def image_input(size: int = IMAGE_SIZE, channels: int = 1) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Input of every network: (batch, 48, 48, 1) grayscale in [0, 255], whatever the network takes inside.

    Returns:
        The input, and the same pictures as (batch, size, size, channels) in [0, 1].
    """
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), name="images")
    x = layers.Rescaling(1 / 255, name="rescale")(images)
    if size != IMAGE_SIZE:
        x = layers.Resizing(size, size, name="resize")(x)
    if channels == 3:
        x = layers.Concatenate(name="gray_to_rgb")([x, x, x])
    return images, x


def dense_logits(x: keras.KerasTensor) -> keras.KerasTensor:
    """(batch, features) -> (batch, 7) logits in float32, also under a mixed-precision policy."""
    return layers.Dense(len(EMOTIONS), dtype="float32", name=LOGITS)(x)


def pooled_logits(x: keras.KerasTensor, dropout: float = 0.0) -> keras.KerasTensor:
    """Global average pooling and one dense layer, in the order that also yields class activation maps.

    The dense layer is applied at each place, (batch, h, w, 7), and the mean over the places taken afterwards. Both are
    linear, so the logits are those of pooling first, and the layer before the mean is the class activation map of
    Zhou et al. (2016), arXiv 1512.04150, bias included. Dropout drops whole channels: the same as after pooling.
    """
    if dropout:
        x = layers.SpatialDropout2D(dropout, name="dropout")(x)
    maps = layers.Dense(len(EMOTIONS), dtype="float32", name=CLASS_MAPS)(x)
    return layers.GlobalAveragePooling2D(dtype="float32", name=LOGITS)(maps)


def conv_norm(
    x: keras.KerasTensor, filters: int, kernel: int = 3, *, strides: int = 1, activation: str | None, name: str
) -> keras.KerasTensor:
    """Convolution without bias ('same' padding, he_normal), batch normalization and an activation."""
    x = layers.Conv2D(
        filters, kernel, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    return layers.Activation(activation, name=f"{name}_{activation}")(x) if activation else x
