import keras
import pytest
from keras import layers

from fer_core.networks.cost import network_cost


def single(layer: keras.Layer, shape: tuple[int, ...]) -> keras.Model:
    images = keras.Input(shape)
    return keras.Model(images, layer(images))


@pytest.mark.parametrize(
    ("layer", "parameters", "multiply_adds"),
    [
        # 8x8x3 pictures
        (layers.Conv2D(4, 3, padding="same"), 3 * 3 * 3 * 4 + 4, 64 * 108),
        (layers.Conv2D(4, 3, strides=2, use_bias=False), 3 * 3 * 3 * 4, 9 * 108),
        (layers.Conv2D(6, 1, groups=3), 6 + 6, 64 * 6),
        (layers.DepthwiseConv2D(3, depth_multiplier=2), 3 * 3 * 3 * 2 + 6, 36 * 54),
        (layers.SeparableConv2D(5, 3), 27 + 15 + 5, 36 * (27 + 15)),
        (layers.Dense(7), 3 * 7 + 7, 64 * 21),
        (layers.BatchNormalization(), 4 * 3, 0),
        (layers.MaxPooling2D(2), 0, 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, keras.Layer) else None,
)
def test_one_layer_costs_what_was_worked_out_by_hand(layer, parameters, multiply_adds):
    cost = network_cost(single(layer, (8, 8, 3)))
    assert (cost.parameters, cost.multiply_adds) == (parameters, multiply_adds)


def test_simple_cnn_costs_what_was_worked_out_by_hand(built):
    cost = network_cost(built("simple_cnn"))
    by_layer = {layer.name: layer.multiply_adds for layer in cost.layers if layer.multiply_adds}
    assert by_layer == {
        "conv1": 46 * 46 * 9 * 32,
        "conv2": 44 * 44 * 9 * 32 * 64,
        "conv3": 20 * 20 * 9 * 64 * 128,
        "conv4": 18 * 18 * 9 * 128 * 128,
        "dense1": 9 * 9 * 128 * 128,
        "logits": 128 * 7,
    }
    assert cost.multiply_adds == 114_888_704
    assert (cost.input_shape, cost.output_shape) == ((48, 48, 1), (7,))


def test_nested_network_is_counted_layer_by_layer():
    inner = single(layers.Conv2D(4, 3, name="conv"), (8, 8, 3))
    inner.name = "backbone"
    cost = network_cost(single(inner, (8, 8, 3)))
    assert [(layer.name, layer.multiply_adds) for layer in cost.layers] == [("backbone/conv", 36 * 108)]


def test_resnet50v2_costs_what_is_published_for_it(built):
    cost = network_cost(built("resnet50v2"))
    assert cost.multiply_adds == pytest.approx(3.5e9, rel=0.01)


@pytest.mark.parametrize("name", ["compact_densenet", "densenet121", "resnet50v2"])
def test_parameters_are_those_that_keras_counts(name, built):
    assert network_cost(built(name)).parameters == built(name).count_params()


def test_layer_that_cannot_be_counted_is_named():
    with pytest.raises(ValueError, match=r"layer upward: multiply-adds of a Conv2DTranspose are not known"):
        network_cost(single(layers.Conv2DTranspose(2, 3, name="upward"), (8, 8, 3)))
