"""The report's VGG."""

import keras
from keras import layers

from fer_core.networks.blocks import dense_logits, image_input

STACKS = ((64, 64), (128, 128, 128), (256, 256), (512, 512))


def vgg(*, activation: str = "relu", input_size: int = 48) -> keras.Model:
    """The report's VGG, after Simonyan & Zisserman (2015), arXiv 1409.1556: four blocks of 3x3 convolutions, he_normal.

    Left open by the report, whose listing is damaged: the poolings, of which only the one before block 4 can be read
    (chosen: one after each block, as in the original), the padding of the last convolution ('same', as the others),
    and the last lines (chosen: two dense layers of 4096, without dropout, and the seven classes).
    """
    images, x = image_input(input_size)
    options = {"activation": activation, "kernel_initializer": "he_normal"}
    for block, stack in enumerate(STACKS, start=1):
        for number, filters in enumerate(stack, start=1):
            x = layers.Conv2D(filters, 3, padding="same", name=f"block{block}_conv{number}", **options)(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, name="dense1", **options)(x)
    x = layers.Dense(4096, name="dense2", **options)(x)
    return keras.Model(images, dense_logits(x), name="vgg")
