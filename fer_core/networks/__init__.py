"""Networks for 48x48 faces, each in a file of its own, by name in `NETWORKS`."""

from collections.abc import Callable

import keras

from fer_core.networks.compact_densenet import compact_densenet
from fer_core.networks.compact_resnet import compact_resnet
from fer_core.networks.compact_vgg import compact_vgg

NETWORKS: dict[str, Callable[..., keras.Model]] = {
    build.__name__: build for build in (compact_resnet, compact_vgg, compact_densenet)
}


def build(name: str, **options: object) -> keras.Model:
    """A network by name.

    Args:
        options: arguments of the network's function, e.g. `activation` and `input_size`.

    Returns:
        (batch, 48, 48, 1) pictures in [0, 255] -> (batch, 7) float32 logits.

    Raises:
        ValueError: no network of that name.
    """
    if name not in NETWORKS:
        raise ValueError(f"network: expected one of {', '.join(NETWORKS)}, got {name!r}")
    return NETWORKS[name](**options)
