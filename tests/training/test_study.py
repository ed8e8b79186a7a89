from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.dataset import FaceDataset
from fer_core.evaluation.references import REPORT_IMBALANCE
from fer_core.training.config import RunConfig
from fer_core.training.folder import CHECKPOINT, CONFIG, Started, training_lock
from fer_core.training.halving import run_halving
from fer_core.training.imbalance import REPORT_COLUMNS, REPORT_ROWS, matrix_cells
from fer_core.training.record import HISTORY, RECORD, read_run
from fer_core.training.run_study import Task, run_study
from fer_core.training.study import FAILURE, FINISHED, PRUNED, Cell, CellState, as_json, study_status
from tests.training.records import write_recorded_cells


def cell(name: str, **fields: object) -> Cell:
    tiny = {"network": "cnn", "epochs": 1, "batch_size": 128, "precision": "float32", "schedule": "constant"}
    return Cell(name, RunConfig(**tiny | {"learning_rate": 0.01} | fields), {"name": name})


@pytest.fixture
def source(tmp_path: Path, drawn) -> str:
    from fer_core.datasets.store import save_dataset

    save_dataset(drawn, tmp_path / "drawn.npz")
    return str(tmp_path / "drawn.npz")


def test_the_matrix_is_the_reports_two_by_three() -> None:
    cells = matrix_cells()
    assert [(cell.keys["sampling"], cell.keys["loss"]) for cell in cells] == [
        (sampling, loss) for sampling in REPORT_ROWS for loss in REPORT_COLUMNS
    ]
    assert {(cell.config.network, cell.config.epochs, cell.config.augment) for cell in cells} == {
        ("simple_cnn", 15, "copies")
    }
    assert len({cell.name for cell in cells}) == 6
    assert set(REPORT_IMBALANCE) == {(cell.keys["sampling"], cell.keys["loss"]) for cell in cells}


def test_rows_columns_and_seeds_can_be_added() -> None:
    cells = matrix_cells(rows=("none", "full"), columns=("label_smoothing",), seeds=(0, 1), epochs=2)
    assert [cell.config.split_seed for cell in cells] == [0, 0, 1, 1]
    assert (
        matrix_cells(rows=("none", "full", "none"), columns=("label_smoothing",) * 2, seeds=(0, 1, 0), epochs=2)
        == cells
    )
    plain = cells[0].config
    assert (plain.sampling, plain.augmentation, plain.label_smoothing) == ("none", "none", 0.1)
    with pytest.raises(ValueError, match=r"loss: expected of .*, got hinge"):
        matrix_cells(columns=("hinge",))


@pytest.mark.slow
def test_a_study_records_what_it_can_and_says_why_the_rest_failed(tmp_path: Path, source: str) -> None:
    bad = {"learning_rate": 10, "weight_decay": 1, "batch_size": 16, "epochs": 30}
    cells, root = [cell("good"), cell("bad", **bad), cell("last")], tmp_path / "study"
    statuses = run_study(cells, Task(root, source, track=False))
    assert [status.state for status in statuses] == [CellState.RECORDED, CellState.FAILED, CellState.RECORDED]
    assert "lower learning_rate" in statuses[1].reason
    assert (root / "bad" / CHECKPOINT).is_dir()
    assert 0 < statuses[0].val_accuracy <= 1
    assert read_run(root / "good").record.config == cells[0].config
    rows = as_json(statuses)["cells"]
    assert [row["state"] for row in rows] == ["recorded", "failed", "recorded"]

    before = (root / "good" / RECORD).stat().st_mtime_ns
    (root / "bad" / FAILURE).write_text("an earlier reason")
    again = run_study(cells, Task(root, source, track=False))
    assert (root / "good" / RECORD).stat().st_mtime_ns == before
    assert again[1].reason != "an earlier reason"


def test_a_vanished_data_set_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        run_study([cell("a")], Task(tmp_path / "study", str(tmp_path / "nowhere.zip"), track=False))


@pytest.mark.parametrize("run", [run_study, run_halving])
def test_what_was_recorded_on_another_data_set_is_not_taken_for_this_one(
    tmp_path: Path, source: str, drawn: FaceDataset, run: Callable
) -> None:
    cells, task = [cell("a"), cell("b")], Task(tmp_path / "study", source, track=False)
    write_recorded_cells(cells, task.root, drawn.fingerprint)
    assert [status.state for status in run(cells, task)] == [CellState.RECORDED] * 2
    write_recorded_cells(cells[1:], task.root, "0123456789abcdef")
    with pytest.raises(ValueError, match=r"study.b: holds a run of another configuration or data set"):
        run(cells, task)


def test_a_cell_whose_configuration_is_damaged_is_waiting(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for damaged in ("config: [", "", "text"):
        (tmp_path / "a" / CONFIG).write_text(damaged)
        assert study_status([cell("a")], tmp_path)[0].state is CellState.WAITING


def test_epochs_of_smaller_pictures_count_only_while_there_are_no_others(tmp_path: Path) -> None:
    growing = cell("a", network="compact_vgg", epochs=3, small_epochs=1)
    write_recorded_cells([growing], tmp_path)
    for rows, best in (("1,0.9\n", 0.9), ("1,0.9\n2,0.6\n3,0.5\n", 0.6)):
        (tmp_path / "a" / HISTORY).write_text(f"epoch,val_accuracy\n{rows}")
        assert study_status([growing], tmp_path)[0].val_accuracy == best


def test_a_cell_of_another_configuration_is_waiting_and_never_overwritten(
    tmp_path: Path, source: str, drawn: FaceDataset
) -> None:
    root = tmp_path / "study"
    write_recorded_cells([cell("a")], root, drawn.fingerprint)
    other = cell("a", epochs=2)
    assert study_status([other], root)[0].state is CellState.WAITING
    with pytest.raises(ValueError, match="another configuration"):
        run_study([other], Task(root, source, track=False))


def write_begun(folder: Path, other: Cell, data_fingerprint: str) -> None:
    folder.mkdir(parents=True)
    config = {"config": other.config.model_dump(mode="json")}
    (folder / CONFIG).write_text(yaml.safe_dump(asdict(Started(other.config, data_fingerprint)) | config))


@pytest.mark.parametrize("run", [run_study, run_halving])
def test_a_study_does_not_start_inside_another_one_that_is_not_finished(
    tmp_path: Path, source: str, drawn: FaceDataset, run: Callable
) -> None:
    root = tmp_path / "study"
    write_begun(root / "b", cell("b", epochs=2), drawn.fingerprint)
    with pytest.raises(ValueError, match=r"study.b: holds a run of another configuration"):
        run([cell("a"), cell("b")], Task(root, source, track=False))
    assert [path.name for path in root.iterdir()] == ["b"]


def test_a_run_that_another_process_trains_is_told_and_its_folder_left_alone(
    tmp_path: Path, source: str, drawn: FaceDataset
) -> None:
    root = tmp_path / "study"
    write_begun(root / "a", cell("a"), drawn.fingerprint)
    (root / "a" / CHECKPOINT).mkdir()
    (root / "a" / PRUNED).write_text("others were better")
    with training_lock(root / "a"):
        [status] = run_study([cell("a")], Task(root, source, track=False))
        assert (status.state, status.reason) == (CellState.PRUNED, "others were better")
        (root / "a" / PRUNED).unlink()
        [status] = run_study([cell("a")], Task(root, source, track=False))
    assert status.state is CellState.BEGUN
    assert status.reason.startswith(f"another process trains in {root / 'a'}")
    assert not (root / "a" / FAILURE).exists()


def test_a_finished_study_stays_so_where_a_command_is_refused(tmp_path: Path, source: str, drawn: FaceDataset) -> None:
    root, here = tmp_path / "study", ["imbalance", "--no-track", "--to", str(tmp_path / "study")]
    one = matrix_cells(rows=("none",), columns=("cross_entropy",), prefix="study")
    write_recorded_cells(one, root, drawn.fingerprint)
    here += ["--sampling", "none", "--loss", "cross_entropy"]
    assert CliRunner().invoke(app, [*here, "--data", source]).exit_code == 0
    for refused in (["--data", str(tmp_path / "nowhere.zip")], ["--data", source, "--epochs", "2"]):
        assert CliRunner().invoke(app, [*here, *refused]).exit_code == 1
        assert (root / FINISHED).exists()
    write_begun(root / "a", cell("a"), drawn.fingerprint)
    (root / "a" / CHECKPOINT).mkdir()
    with training_lock(root / "a"):
        run_study([cell("a")], Task(root, source, track=False))
    assert not (root / FINISHED).exists()
