"""The smallest of the report's base models."""

import keras
from keras import layers

from fer_core.networks.blocks import dense_logits, image_input


def cnn(*, activation: str = "relu", input_size: int = 48) -> keras.Model:
    """The report's CNN: unpadded 3x3 convolution and max pooling three times, he_normal.

    The report shows it twice and not alike. Its section on the model ends in two poolings in a row and has one dense
    layer; its grid search has one pooling there and two dense layers. Chosen: one pooling, as in the grid search and
    in the caption "convolution and pooling, three times", and one dense layer, as in the section on the model.
    """
    images, x = image_input(input_size)
    options = {"activation": activation, "kernel_initializer": "he_normal"}
    for number, filters in enumerate((32, 64, 128), start=1):
        x = layers.Conv2D(filters, 3, name=f"conv{number}", **options)(x)
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, name="dense1", **options)(x)
    return keras.Model(images, dense_logits(x), name="cnn")
