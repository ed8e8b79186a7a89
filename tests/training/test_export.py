from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from fer_core import networks
from fer_core.training.devices import dtype_policy
from fer_core.training.export import export_onnx


@pytest.mark.slow
def test_a_network_with_a_backbone_answers_each_face_alone_and_as_keras_does(tmp_path: Path, faces: np.ndarray) -> None:
    network = networks.build("efficientnet_lite0", input_size=32)
    pictures = faces[..., None].astype(np.float32)
    expected = network.predict(pictures, verbose=0)
    export_onnx(network, tmp_path / "network.onnx", data_fingerprint="0" * 16, run="one")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    together = session.run(["logits"], {"images": pictures})[0]
    alone = np.concatenate([session.run(["logits"], {"images": one[None]})[0] for one in pictures])
    np.testing.assert_allclose(together, expected, atol=1e-3)
    np.testing.assert_allclose(alone, expected, atol=1e-3)


@pytest.mark.slow
def test_weights_take_two_bytes_in_the_file(tmp_path: Path, faces: np.ndarray) -> None:
    network = networks.build("compact_vgg")
    pictures = faces[..., None].astype(np.float32)
    expected = network.predict(pictures, verbose=0)
    path = tmp_path / "network.onnx"
    export_onnx(network, path, data_fingerprint="0" * 16, run="one")
    assert path.stat().st_size < 2.2 * network.count_params()
    found = onnxruntime.InferenceSession(path).run(["logits"], {"images": pictures})[0]
    np.testing.assert_allclose(found, expected, atol=1e-2)


def test_a_network_in_another_precision_is_refused_before_a_file_is_written(tmp_path: Path) -> None:
    with dtype_policy("mixed_bfloat16"):
        network = networks.build("simple_cnn")
    with pytest.raises(ValueError, match="simple_cnn computes in bfloat16; build it in float32"):
        export_onnx(network, tmp_path / "network.onnx", data_fingerprint="0" * 16, run="one")
    assert not list(tmp_path.iterdir())
