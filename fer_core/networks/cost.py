"""What a network costs: parameters and multiply-adds, layer by layer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import keras
from keras import layers

_COUNTED = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.Dense)


@dataclass(frozen=True)
class LayerCost:
    """One layer of a network.

    Attributes:
        name: with the names of the networks that it stands in, e.g. `backbone/conv1_conv`.
        kind: its class, e.g. `Conv2D`.
        output_shape: without the batch.
        parameters: trained and not.
        multiply_adds: for one picture.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class NetworkCost:
    """A whole network; shapes without the batch, multiply-adds for one picture."""

    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    layers: tuple[LayerCost, ...]

    @property
    def parameters(self) -> int:
        """Trained and not trained (batch normalization's moving averages)."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Of all layers, for one picture."""
        return sum(layer.multiply_adds for layer in self.layers)


def network_cost(network: keras.Model) -> NetworkCost:
    """Parameters and multiply-adds of a built network, nested networks included.

    In a convolution or a dense layer every weight of a kernel is used once at each place of the output, so its
    multiply-adds are (places of the output) x (weights of its kernels): h x w x k x k x c_in x c_out for a convolution,
    h x w x (k x k x c_in + c_in x c_out) for a depthwise separable one, c_in x c_out for a dense layer on a vector.
    Biases, normalization, activations, pooling and resizing are left out, as is usual; they are small beside these.

    Args:
        network: with a fixed input size and one output; each layer is called once.

    Raises:
        ValueError: a layer has weights and is of a kind that is not counted here.
    """
    return NetworkCost(
        input_shape=tuple(network.input_shape[1:]),
        output_shape=tuple(network.output_shape[1:]),
        layers=tuple(_layer_costs(network)),
    )


def _layer_costs(network: keras.Model, prefix: str = "") -> Iterator[LayerCost]:
    for layer in network.layers:
        name = prefix + layer.name
        if isinstance(layer, keras.Model):
            yield from _layer_costs(layer, f"{name}/")
        elif not isinstance(layer, layers.InputLayer):
            yield LayerCost(
                name=name,
                kind=type(layer).__name__,
                output_shape=tuple(layer.output.shape[1:]),
                parameters=layer.count_params(),
                multiply_adds=_multiply_adds(layer, name),
            )


def _multiply_adds(layer: keras.Layer, name: str) -> int:
    if not layer.weights or isinstance(layer, layers.BatchNormalization):
        return 0
    if not isinstance(layer, _COUNTED):
        kinds = ", ".join(kind.__name__ for kind in _COUNTED)
        raise ValueError(f"layer {name}: multiply-adds of a {type(layer).__name__} are not known, expected {kinds}")
    kernels = sum(math.prod(weight.shape) for weight in layer.weights if weight.name.endswith("kernel"))
    return math.prod(layer.output.shape[1:-1]) * kernels
