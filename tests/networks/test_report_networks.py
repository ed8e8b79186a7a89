"""The report's networks against its listings: layer by layer, and parameters worked out by hand."""

import urllib.error

import keras
import pytest
from keras import layers

from fer_core import networks
from fer_core.networks.backbone import PretrainedWeightsError

SEQUENCES = {
    "simple_cnn": "conv 32 3x3 | conv 64 3x3 | pool 2/2 | conv 128 3x3 | conv 128 3x3 | pool 2/2 | flatten | "
    "dense 128 | dense 7",
    "cnn": "conv 32 3x3 | pool 2/2 | conv 64 3x3 | pool 2/2 | conv 128 3x3 | pool 2/2 | flatten | dense 128 | dense 7",
    "vgg": "conv 64 3x3 same | conv 64 3x3 same | pool 2/2 | "
    "conv 128 3x3 same | conv 128 3x3 same | conv 128 3x3 same | pool 2/2 | "
    "conv 256 3x3 same | conv 256 3x3 same | pool 2/2 | conv 512 3x3 same | conv 512 3x3 same | pool 2/2 | "
    "flatten | dense 4096 | dense 4096 | dense 7",
    "densenet121": "backbone | average | dense 512 | dropout 0.1 | dense 256 | dropout 0.1 | dense 128 | dropout 0.1 | "
    "dense 7",
    "resnet50v2": "backbone | norm | average | dense 512 | dropout 0.1 | dense 256 | dropout 0.1 | dense 128 | "
    "dropout 0.1 | dense 7",
    "alexnet": "conv 96 11x11 stride 4 | pool 3/2 | conv 256 5x5 same | pool 3/2 | conv 384 3x3 same | "
    "conv 384 3x3 same | conv 256 3x3 same | pool 3/2 | flatten | dense 4096 | dense 4096 | dense 1000 | dense 7",
}


def described(layer: keras.Layer) -> str | None:
    """A layer in the words of the report; none for those that bring the picture in."""
    match layer:
        case keras.Model():
            return layer.name
        case layers.Conv2D():
            stride = f" stride {layer.strides[0]}" if layer.strides[0] > 1 else ""
            same = " same" if layer.padding == "same" else ""
            return f"conv {layer.filters} {layer.kernel_size[0]}x{layer.kernel_size[1]}{stride}{same}"
        case layers.MaxPooling2D():
            return f"pool {layer.pool_size[0]}/{layer.strides[0]}"
        case layers.Dense():
            return f"dense {layer.units}"
        case layers.Dropout():
            return f"dropout {layer.rate}"
        case layers.BatchNormalization():
            return "norm"
        case layers.GlobalAveragePooling2D():
            return "average"
        case layers.Flatten():
            return "flatten"
    assert isinstance(layer, layers.InputLayer | layers.Rescaling | layers.Resizing | layers.Concatenate)
    return None


def test_every_network_of_the_report_has_its_sequence_here():
    assert set(SEQUENCES) == {name for name, spec in networks.NETWORKS.items() if spec.report}


@pytest.mark.parametrize("name", SEQUENCES)
def test_layers_stand_in_the_report_s_order(name, built):
    steps = [step for layer in built(name).layers if (step := described(layer))]
    assert " | ".join(steps) == SEQUENCES[name]


@pytest.mark.parametrize("name", ["simple_cnn", "cnn", "vgg"])
def test_hidden_layers_start_from_he_normal(name, built):
    hidden = [layer for layer in built(name).layers if layer.weights and layer.name != "logits"]
    assert all(isinstance(layer.kernel_initializer, keras.initializers.HeNormal) for layer in hidden)


# 3x3 kernels times channels in and out, plus a bias a channel; what is flattened is 9x9x128, 4x4x128 and 3x3x512.
PARAMETERS = {
    "simple_cnn": (320 + 18_496 + 73_856 + 147_584) + (10_368 * 128 + 128) + (128 * 7 + 7),
    "cnn": (320 + 18_496 + 73_856) + (2_048 * 128 + 128) + (128 * 7 + 7),
    "vgg": (640 + 36_928 + 73_856 + 2 * 147_584 + 295_168 + 590_080 + 1_180_160 + 2_359_808)
    + (4_608 * 4_096 + 4_096 + 4_096 * 4_096 + 4_096)
    + (4_096 * 7 + 7),
    "alexnet": 62_378_344 + (1_000 * 7 + 7),  # the original's without groups, its 1000 classes included
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_those_worked_out_by_hand(name, built):
    assert built(name).count_params() == PARAMETERS[name]


def test_densenet_pays_a_penalty_for_large_weights_in_its_dense_layers(built):
    network = built("densenet121")
    kernels = [network.get_layer(f"dense{number}").kernel for number in (1, 2, 3)]
    expected = sum(0.01 * float(keras.ops.sum(keras.ops.square(kernel))) for kernel in kernels)
    assert float(sum(network.losses)) == pytest.approx(expected, rel=1e-4)


def test_frozen_backbone_leaves_the_head_to_train(built):
    network = built("resnet50v2")
    backbone = network.get_layer("backbone")
    backbone.trainable = False
    try:
        trained = {variable.path.split("/")[0] for variable in network.trainable_variables}
    finally:
        backbone.trainable = True
    assert trained == {"norm", "dense1", "dense2", "dense3", "logits"}


@pytest.mark.parametrize("name", ["densenet121", "resnet50v2"])
def test_weights_that_cannot_be_downloaded_say_what_to_do(name, monkeypatch, tmp_path):
    def offline(*arguments: object, **options: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr("urllib.request.urlopen", offline)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    with pytest.raises(PretrainedWeightsError, match=rf"no network.*place {name}_weights.*notop.h5 in ~/.keras/models"):
        networks.build(name, input_size=32, pretrained=True)
