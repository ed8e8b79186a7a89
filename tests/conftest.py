"""Parts that many tests share: data sets, an MLflow store, tiny networks, an ensemble card of them, and pictures."""

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pylibsrtp  # noqa: F401 - crashes when it is loaded after TensorFlow (both carry an OpenSSL), not before
import pytest
from onnx import TensorProto, helper, numpy_helper

from fer_core.datasets import store
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.sources import read_source
from fer_core.emotions import EMOTIONS
from tests.datasets.wrappings import REAL

PREPROCESSING = {"size": 48, "channels": 1, "range": [0, 255]}


def write_model(
    path: Path,
    *,
    seed: int = 0,
    metadata: dict[str, str] | None = None,
    class_maps: bool = True,
    inputs: tuple[int | str, ...] = ("n", 48, 48, 1),
) -> Path:
    """A convolution, one dense layer at each place and their mean, with random weights.

    Args:
        metadata: replaces entries of the metadata; an empty text leaves the entry out.
        class_maps: whether the maps are an output too.
        inputs: shape of `images`.
    """
    random = np.random.default_rng(seed)
    constants = {
        "scale": np.float32(1 / 255),
        "kernels": random.normal(0, 1, (8, 1, 8, 8)),
        "weights": random.normal(0, 0.3, (8, 7)),
        "bias": random.normal(0, 0.3, 7),
    }
    nodes = [
        helper.make_node("Mul", ["images", "scale"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["channels_first"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["channels_first", "kernels"], ["convolved"], strides=[8, 8]),
        helper.make_node("Relu", ["convolved"], ["active"]),
        helper.make_node("Transpose", ["active"], ["features"], perm=[0, 2, 3, 1]),
        helper.make_node("MatMul", ["features", "weights"], ["weighted"]),
        helper.make_node("Add", ["weighted", "bias"], ["class_maps"]),
        helper.make_node("ReduceMean", ["class_maps"], ["logits"], axes=[1, 2], keepdims=0),
    ]
    maps = helper.make_tensor_value_info("class_maps", TensorProto.FLOAT, ["n", 6, 6, 7])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 7])
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, list(inputs))],
        [logits, maps] if class_maps else [logits],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    entries = {
        "classes": json.dumps(EMOTIONS),
        "preprocessing": json.dumps(PREPROCESSING),
        "network": "tiny",
        "data_fingerprint": "0123456789abcdef",
        "run": f"tiny-{seed}",
    } | (metadata or {})
    helper.set_model_props(model, {key: text for key, text in entries.items() if text})
    onnx.save(model, path)
    return path


def write_card(path: Path, models: list[Path], **changes: object) -> Path:
    """An ensemble card of model files that stand beside it; `changes` replaces entries."""
    card = {
        "format": 1,
        "name": "tiny ensemble",
        "classes": EMOTIONS,
        "preprocessing": PREPROCESSING,
        "flip_averaging": True,
        "temperature": 0.8,
        "not_sure_below": 0.3,
        "data_fingerprint": "0123456789abcdef",
        "members": [
            {
                "name": model.stem,
                "file": model.name,
                "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
                "weight": 1.0 + number,
                "run": None,
            }
            for number, model in enumerate(models)
        ],
    } | changes
    path.write_text(json.dumps(card), encoding="utf-8")
    return path


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """The drawn sample set is drawn once for all tests that open it, none of which can write into it."""

    @cache
    def drawn() -> FaceDataset:
        dataset = drawn_dataset()
        for array in (dataset.images, dataset.labels, dataset.usage, dataset.names):
            array.flags.writeable = False
        return dataset

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "drawn_dataset", drawn)
        yield


@pytest.fixture(scope="session")
def real() -> FaceDataset:
    """FER2013, where it is on this machine."""
    if not (REAL / "archive.zip").exists():
        pytest.skip("FER2013 is not on this machine")
    return read_source(REAL / "archive.zip")[0]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file of an MLflow store without runs, to copy: its tables take longer to make than most tests."""
    from fer_core.training.tracking import client

    database = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        client().search_experiments()
    return database


@pytest.fixture(scope="session")
def model_writer() -> Callable[..., Path]:
    """`write_model(path, *, seed, metadata, class_maps, inputs)`."""
    return write_model


@pytest.fixture(scope="session")
def card_writer() -> Callable[..., Path]:
    """`write_card(path, models, **changes)`."""
    return write_card


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three model files; the last has no class maps."""
    folder = tmp_path_factory.mktemp("models")
    return [write_model(folder / f"tiny{seed}.onnx", seed=seed, class_maps=seed < 2) for seed in range(3)]


@pytest.fixture(scope="session")
def tiny_card(tiny_models: list[Path]) -> Path:
    """An ensemble card of the three models, with different weights, a temperature and a threshold."""
    return write_card(tiny_models[0].with_name("ensemble.json"), tiny_models)


@pytest.fixture(scope="session")
def faces() -> np.ndarray:
    """(5, 48, 48) uint8 noise in place of faces."""
    return np.random.default_rng(7).integers(0, 256, (5, 48, 48), dtype=np.uint8)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """(512, 512, 3) uint8 RGB: one real face (NASA, public domain)."""
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    return data.astronaut()
