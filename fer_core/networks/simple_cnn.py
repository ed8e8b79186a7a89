"""The small network that the report compares sampling and losses on."""

import keras
from keras import layers

from fer_core.networks.blocks import dense_logits, image_input


def simple_cnn(*, activation: str = "relu", input_size: int = 48) -> keras.Model:
    """The report's CNN of the imbalance matrix: unpadded 3x3 convolutions, he_normal.

    The report gives it whole; `activation` is a parameter here only.
    """
    images, x = image_input(input_size)
    conv = {"activation": activation, "kernel_initializer": "he_normal"}
    x = layers.Conv2D(32, 3, name="conv1", **conv)(x)
    x = layers.Conv2D(64, 3, name="conv2", **conv)(x)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = layers.Conv2D(128, 3, name="conv3", **conv)(x)
    x = layers.Conv2D(128, 3, name="conv4", **conv)(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, name="dense1", **conv)(x)
    return keras.Model(images, dense_logits(x), name="simple_cnn")
