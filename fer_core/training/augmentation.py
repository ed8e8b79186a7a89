"""Augmentation as layers inside the trained model: on the processor that trains, off in evaluation."""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("fer_core")
class RandomAffine(layers.Layer):
    """Mirror, rotate, shift and zoom in a single bilinear resampling, edges repeated.

    Four layers in a row would resample four times and blur a 48x48 face more each time.

    Args:
        rotation: largest angle, in degrees.
        shift: largest shift, as a share of the side.
        zoom: largest change of scale, e.g. 0.1 for 0.9 to 1.1.
        flip: mirror half of the pictures.
    """

    def __init__(
        self,
        rotation: float = 10,
        shift: float = 0.08,
        zoom: float = 0.1,
        flip: bool = True,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.rotation, self.shift, self.zoom, self.flip, self.seed = rotation, shift, zoom, flip, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        if keras.backend.backend() == "tensorflow":
            self.supports_jit = False  # XLA, which Keras asks of TensorFlow on a GPU, can't resample pictures

    def call(self, images: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Map (batch, h, w, c) pictures to pictures of the same shape; unchanged outside training."""
        if not training:
            return images
        n, side = ops.shape(images)[0], images.shape[1]

        def uniform(limit: float) -> keras.KerasTensor:
            return keras.random.uniform((n,), -limit, limit, seed=self.seed_generator)

        angle = uniform(math.radians(self.rotation))
        scale = 1 + uniform(self.zoom)
        mirror = ops.sign(uniform(1.0)) if self.flip else ops.ones((n,))
        a, b = mirror * ops.cos(angle) * scale, -ops.sin(angle) * scale
        c, d = mirror * ops.sin(angle) * scale, ops.cos(angle) * scale
        centre = (side - 1) / 2
        x = centre - a * centre - b * centre + uniform(self.shift * side)
        y = centre - c * centre - d * centre + uniform(self.shift * side)
        zero = ops.zeros((n,))
        return ops.image.affine_transform(
            images, ops.stack([a, b, x, c, d, y, zero, zero], axis=1), interpolation="bilinear", fill_mode="nearest"
        )

    def get_config(self) -> dict:
        """Arguments to build the layer again."""
        own = {name: getattr(self, name) for name in ("rotation", "shift", "zoom", "flip", "seed")}
        return {**super().get_config(), **own}


PIXELS = (0.0, 255.0)


def _report(seed: int) -> list[layers.Layer]:
    return [
        layers.RandomFlip("horizontal", seed=seed, dtype="float32"),
        layers.RandomRotation(0.2, seed=seed + 1, dtype="float32"),
        layers.RandomTranslation(0.1, 0.1, seed=seed + 2, dtype="float32"),
        layers.RandomBrightness(0.2, value_range=PIXELS, seed=seed + 3, dtype="float32"),
        layers.RandomContrast(0.2, value_range=PIXELS, seed=seed + 4, dtype="float32"),
    ]


def _modern(seed: int) -> list[layers.Layer]:
    return [
        RandomAffine(seed=seed),
        layers.RandomBrightness(0.1, value_range=PIXELS, seed=seed + 3, dtype="float32"),
        layers.RandomContrast(0.2, value_range=PIXELS, seed=seed + 4, dtype="float32"),
    ]


PRESETS: dict[str, Callable[[int], list[layers.Layer]]] = {
    "none": lambda seed: [],
    "report": _report,
    "modern": _modern,
}
"""Lists of layers by name; each takes and gives (batch, 48, 48, 1) float32 pictures in [0, 255]."""
