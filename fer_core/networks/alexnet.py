"""The report's AlexNet."""

import keras
from keras import layers

from fer_core.networks.blocks import dense_logits, image_input


def alexnet(*, activation: str = "relu", input_size: int = 227) -> keras.Model:
    """AlexNet (Krizhevsky et al., 2012) as the report has it: no local response normalization, no dropout, no groups.

    Left open by the report, whose listing is damaged from the last pooling on: how often the dense layer of 4096 comes
    (chosen: twice, as in the original). ImageNet's 1000 classes stay, as a hidden layer before the seven. No
    initializer is named, so it is Keras's own.
    """
    images, x = image_input(input_size, channels=3)
    x = layers.Conv2D(96, 11, strides=4, activation=activation, name="conv1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = layers.Conv2D(256, 5, padding="same", activation=activation, name="conv2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)
    for number, filters in enumerate((384, 384, 256), start=3):
        x = layers.Conv2D(filters, 3, padding="same", activation=activation, name=f"conv{number}")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool3")(x)
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate((4096, 4096, 1000), start=1):
        x = layers.Dense(units, activation=activation, name=f"dense{number}")(x)
    return keras.Model(images, dense_logits(x), name="alexnet")
