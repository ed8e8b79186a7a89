import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.corrections import apply_corrections, decide
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.store import save_dataset
from fer_core.evaluation.metrics import hits
from fer_core.training.answers import recorded_answers
from fer_core.training.assemble import assemble
from fer_core.training.config import RunConfig
from fer_core.training.half_weights import store_in_half
from fer_core.training.quantise import QuantisationError, quantise, quantise_run
from fer_core.training.record import HISTORY, MODEL, RECORD, RUN_FILES, RecordError, read_run, write_run
from fer_core.training.split import split_of
from tests.conftest import write_model
from tests.training.records import made_up_record


@pytest.fixture(scope="module")
def drawn() -> FaceDataset:
    return drawn_dataset(420, seed=1)


@pytest.fixture
def run(tmp_path: Path, drawn: FaceDataset) -> Path:
    """A record whose answers are those of its network."""
    return write_answered_run(tmp_path / "run", drawn)


def write_answered_run(folder: Path, drawn: FaceDataset) -> Path:
    folder.mkdir()
    config = RunConfig(network="compact_vgg", epochs=1, holdout=True)
    write_model(folder / MODEL)
    split = split_of(config, drawn)
    parts = {"validation": split.validation, "holdout": split.holdout, "public": drawn.where("PublicTest")}
    record = made_up_record("run", config, data_fingerprint=drawn.fingerprint, train_images=len(split.train))
    history = [{"epoch": 1, "accuracy": 0.123457, "val_accuracy": 0.5, "seconds": 1.0}]
    write_run(folder, record, history, recorded_answers(folder / MODEL, drawn, parts, config))
    return folder


def test_a_network_in_int8_is_a_run_of_its_own_that_answers_nearly_alike(run: Path, drawn: FaceDataset) -> None:
    to = run.with_name("run_int8")
    quantise_run(str(run), drawn, str(to))
    before, after = read_run(run), read_run(to)
    assert (after.record.id, after.record.int8_of) == ("run_int8", "run")
    assert after.record.config == before.record.config
    assert (to / HISTORY).read_text() == (run / HISTORY).read_text()
    nodes = onnxruntime.InferenceSession(to / MODEL)
    assert {output.name for output in nodes.get_outputs()} == {"logits", "class_maps"}
    for name, split in before.splits.items():
        np.testing.assert_array_equal(after.splits[name].ids, split.ids)
        same = hits(after.splits[name].probabilities, split.probabilities.argmax(axis=1))
        assert same.mean() > 0.9
        assert not np.array_equal(after.splits[name].probabilities, split.probabilities)


def test_it_can_answer_fast_and_stand_in_an_ensemble(run: Path, drawn: FaceDataset, tmp_path: Path) -> None:
    to = run.with_name("compact_vgg_int8")
    quantise_run(run, drawn, to)
    card = assemble([to], tmp_path / "models", name="fast", fast=True, sure_accuracy=0.1)
    assert card.members[0].name == "compact_vgg_int8"
    assert len(assemble([run, to], tmp_path / "models", name="two", sure_accuracy=0.1).members) == 2


def write_dense_network(path: Path) -> Path:
    """A convolution and a large dense layer, whose weights take two bytes each, as in an exported network."""
    random = np.random.default_rng(0)
    constants = {"kernels": random.normal(0, 1, (256, 1, 8, 8)), "weights": random.normal(0, 0.1, (256 * 36, 7))}
    nodes = [
        helper.make_node("Transpose", ["images"], ["channels_first"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["channels_first", "kernels"], ["convolved"], strides=[8, 8]),
        helper.make_node("Flatten", ["convolved"], ["features"]),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
    ]
    ends = {"images": ["n", 48, 48, 1], "logits": ["n", 7]}
    [images, logits] = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in ends.items()]
    weights = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "dense", [images], [logits], weights)
    store_in_half(graph)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"network": "dense"})
    onnx.save(model, path)
    return path


def test_a_network_with_a_large_dense_layer_becomes_smaller_too(faces: np.ndarray, tmp_path: Path) -> None:
    model = write_dense_network(tmp_path / "model.onnx")
    quantise(model, faces, tmp_path / "int8.onnx")
    assert (tmp_path / "int8.onnx").stat().st_size < model.stat().st_size
    before, after = (onnxruntime.InferenceSession(file) for file in (model, tmp_path / "int8.onnx"))
    assert after.get_modelmeta().custom_metadata_map["network"] == "dense"
    images = faces[..., None].astype(np.float32)
    [expected], [found] = (session.run(["logits"], {"images": images}) for session in (before, after))
    np.testing.assert_allclose(found, expected, atol=0.05 * np.abs(expected).max())


def test_what_cannot_be_quantised_is_told_and_leaves_nothing(run: Path, drawn: FaceDataset, tmp_path: Path) -> None:
    to = tmp_path / "to"
    with pytest.raises(QuantisationError, match="was trained on the data set"):
        quantise_run(run, drawn_dataset(420, seed=2), to)
    model = (run / MODEL).read_bytes()
    (run / MODEL).write_bytes(b"no network")
    with pytest.raises(QuantisationError, match=r"model\.onnx: can't be quantised"):
        quantise_run(run, drawn, to)
    (run / MODEL).unlink()
    with pytest.raises(RecordError, match="was not kept"):
        quantise_run(run, drawn, to)
    assert not to.exists()
    (run / MODEL).write_bytes(model)
    quantise_run(run, drawn, to)
    with pytest.raises(QuantisationError, match="holds something"):
        quantise_run(run, drawn, to)
    with pytest.raises(QuantisationError, match="in int8 already"):
        quantise_run(to, drawn, tmp_path / "again")


@pytest.mark.parametrize("step", ["quant_pre_process", "recorded_answers"])
def test_what_a_process_left_that_was_killed_in_between_is_no_hindrance(
    run: Path, drawn: FaceDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    to = tmp_path / "to"

    def end(*_: object, **__: object) -> None:
        shutil.copytree(to, tmp_path / "as it was")
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(f"fer_core.training.quantise.{step}", end)
        with pytest.raises(KeyboardInterrupt):
            quantise_run(run, drawn, to)
    shutil.copytree(tmp_path / "as it was", to)
    quantise_run(run, drawn, to)
    assert {path.name for path in to.iterdir()} == {MODEL, *RUN_FILES}


def test_a_run_that_was_trained_with_corrections_takes_them_again(drawn: FaceDataset, tmp_path: Path) -> None:
    save_dataset(drawn, tmp_path / "drawn.npz")
    corrections = tmp_path / "corrections.csv"
    decide(corrections, drawn, int(drawn.where("Training")[0]), "exclude")
    run = write_answered_run(tmp_path / "corrected", apply_corrections(drawn, corrections))
    command = ["runs", "quantise", str(run), "--data", str(tmp_path / "drawn.npz")]
    assert "was trained on the data set" in CliRunner().invoke(app, command).stderr
    result = CliRunner().invoke(app, [*command, "--corrections", str(corrections)])
    assert result.exit_code == 0, result.output
    assert read_run(tmp_path / "corrected_int8").record.int8_of == "run"


def test_the_command_names_the_folder_beside_the_run_and_says_what_is_wrong(run: Path) -> None:
    record = yaml.safe_load((run / RECORD).read_text())
    (run / RECORD).write_text(yaml.safe_dump(record | {"data_fingerprint": "other"}))
    result = CliRunner().invoke(app, ["runs", "quantise", str(run), "--data", "drawn"])
    assert result.exit_code == 1
    assert "was trained on the data set other" in result.stderr
    assert not run.with_name("run_int8").exists()


def test_a_folder_that_no_run_can_be_called_by_is_refused_and_one_that_was_there_stays(
    run: Path, drawn: FaceDataset, tmp_path: Path
) -> None:
    with pytest.raises(RecordError, match=r"can't be called '\.x'"):
        quantise_run(run, drawn, tmp_path / ".x")
    assert not (tmp_path / ".x").exists()
    (tmp_path / "mine").mkdir()
    (run / MODEL).write_bytes(b"no network")
    with pytest.raises(QuantisationError, match="can't be quantised"):
        quantise_run(run, drawn, tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []
