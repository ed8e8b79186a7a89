import inspect
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from fer_core import networks
from fer_core.networks import NETWORKS, NetworkSpec
from fer_core.networks.cost import network_cost
from fer_core.networks.recorded import recorded_costs
from fer_core.training.config import RunConfig
from fer_core.training.devices import dtype_policy

SMALL = ("compact_resnet", "compact_vgg", "compact_densenet", "simple_cnn", "cnn")
SPECS = [
    pytest.param(spec, id=name, marks=() if name in SMALL else pytest.mark.slow) for name, spec in NETWORKS.items()
]


def test_registry_is_read_without_keras():
    code = (
        "import sys; import fer_core.networks as n; import fer_core.commands.networks;"
        "print([spec.title for spec in n.NETWORKS.values()][0],"
        "[m for m in ('keras', 'tensorflow', 'jax', 'torch') if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "Compact ResNet []"


@pytest.mark.parametrize("spec", SPECS)
def test_network_maps_gray_pictures_to_float32_logits(spec, built, pictures):
    logits = np.asarray(built(spec.name)(pictures))
    assert (logits.shape, logits.dtype) == ((2, 7), np.float32)
    assert not np.allclose(logits.sum(axis=1), 1)


@pytest.mark.parametrize("spec", SPECS)
def test_facts_are_those_of_the_network(spec, built):
    network = built(spec.name)
    options = inspect.signature(spec.function()).parameters
    names = [layer.name for layer in network.layers]
    assert network.name == spec.name
    assert options["input_size"].default == spec.input_size
    assert ("pretrained" in options) == bool(spec.pretrained)
    assert ("dropout" in options) == spec.dropout
    assert ("class_maps" in names) == spec.class_maps
    assert ("gray_to_rgb" in names) == (spec.channels == 3)
    assert ("backbone" in names) == bool(spec.pretrained)


def test_there_is_a_recorded_cost_for_each_network():
    assert list(recorded_costs()) == list(NETWORKS)


@pytest.mark.parametrize("spec", SPECS)
def test_recorded_costs_are_those_of_the_built_networks(spec, built):
    cost = network_cost(built(spec.name))
    assert recorded_costs()[spec.name] == {"parameters": cost.parameters, "multiply_adds": cost.multiply_adds}


@pytest.mark.parametrize("spec", SPECS)
def test_hidden_layers_have_the_activation_and_the_smallest_input_builds(spec):
    network = networks.build(spec.name, activation="silu", input_size=spec.minimum_size)
    # ImageNet networks of Keras keep their own activation: theirs is that of the layers on top.
    nested = [layer for layer in network.layers if isinstance(layer, keras.Model) and spec.class_maps]
    parts = [layer for model in (network, *nested) for layer in model.layers]
    hidden = {layer.activation.__name__ for layer in parts if hasattr(layer, "activation")}
    assert hidden - {"linear"} == {"silu"}


@pytest.mark.parametrize("spec", SPECS)
def test_input_below_the_smallest_is_refused_for_a_reason(spec):
    below = spec.minimum_size - 1
    with pytest.raises(ValueError, match=f"network {spec.name}: input_size {below} is too small.*{spec.minimum_size}"):
        networks.build(spec.name, input_size=below)
    with pytest.raises(ValueError, match=r".+"):
        spec.function()(input_size=below)


@pytest.mark.parametrize("name", SMALL)
def test_logits_are_float32_under_mixed_precision(name, pictures):
    with dtype_policy("mixed_bfloat16"):
        assert np.asarray(networks.build(name)(pictures)).dtype == np.float32


def test_activation_changes_what_a_network_says(pictures):
    relu, elu = (networks.build("cnn", activation=activation) for activation in ("relu", "elu"))
    elu.set_weights(relu.get_weights())
    assert not np.allclose(relu(pictures), elu(pictures))


def test_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"expected one of compact_resnet, .*alexnet, got 'vgg16'"):
        networks.build("vgg16")


def test_option_that_a_network_does_not_have_is_refused_with_those_it_has():
    with pytest.raises(ValueError, match=r"vgg: has no option pretrained; its options are activation, input_size"):
        networks.build("vgg", pretrained=True)


@pytest.mark.parametrize("name", [name for name, spec in NETWORKS.items() if spec.class_maps])
def test_mean_of_class_maps_are_the_logits(name, built, pictures):
    import keras

    network = built(name)
    both = keras.Model(network.input, [network.get_layer("class_maps").output, network.output])
    maps, logits = both(pictures)
    assert len(maps.shape) == 4
    np.testing.assert_allclose(np.asarray(maps).mean(axis=(1, 2)), logits, atol=1e-5)


def test_a_network_of_ones_own_is_built_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "mine_of_my_own.py").write_text(
        "import keras\n"
        "from fer_core.networks.blocks import image_input, pooled_logits\n"
        "def mine(*, activation='relu', input_size=48):\n"
        "    images, x = image_input(input_size)\n"
        "    return keras.Model(images, pooled_logits(x), name='mine')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    spec = NetworkSpec("mine", "Mine", "A mean", dropout=False, class_maps=True, module="mine_of_my_own")
    networks.register(spec)
    try:
        assert RunConfig(network="mine", small_epochs=1).size == 48
        assert networks.build("mine", activation="elu").output_shape == (None, 7)
        networks.register(spec)
        with pytest.raises(ValueError, match="another one is called 'mine'"):
            networks.register(replace(spec, title="Theirs"))
    finally:
        del NETWORKS["mine"]
