import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.store import save_dataset
from fer_core.files import write_atomically
from fer_core.training.errors import RunStoppedError
from fer_core.training.folder import CHECKPOINT, CONFIG, STATE, Started, history_of
from fer_core.training.grid import best_of, default_name, epochs_saved, grid_cells, grid_table
from fer_core.training.halving import run_halving
from fer_core.training.record import HISTORY, RECORD
from fer_core.training.run_study import Task, run_study
from fer_core.training.study import PRUNED, Cell, CellState, PrunedError, study_status
from tests.training.records import write_recorded_cells


@pytest.fixture
def source(tmp_path: Path, drawn) -> str:
    save_dataset(drawn, tmp_path / "drawn.npz")
    return str(tmp_path / "drawn.npz")


def test_a_grid_is_the_reports_eighteen_runs_for_any_network() -> None:
    for network in ("vgg", "compact_resnet"):
        cells = grid_cells(network)
        assert len({cell.name for cell in cells}) == 18
        assert {(cell.config.network, cell.config.epochs, cell.config.early_stopping) for cell in cells} == {
            (network, 10, 3)
        }
    assert all(cell.config.pretrained for cell in grid_cells("densenet121"))


def test_a_grid_from_random_weights_takes_no_pretrained_run_for_its_own(tmp_path: Path) -> None:
    assert default_name("densenet121", pretrained=True) == "grid-densenet121"
    assert default_name("densenet121", pretrained=False) == "grid-densenet121-random"
    assert default_name("cnn", pretrained=False) == "grid-cnn"
    assert default_name("efficientnet_lite0", pretrained=True) == "grid-efficientnet_lite0-pretrained"
    (cell,) = grid_cells("densenet121", learning_rates=(1e-3,), optimizers=("adam",), activations=("relu",))
    (plain,) = grid_cells(
        "densenet121", learning_rates=(1e-3,), optimizers=("adam",), activations=("relu",), pretrained=False
    )
    assert not plain.config.pretrained
    write_recorded_cells([cell], tmp_path)
    assert study_status([cell], tmp_path)[0].state is CellState.RECORDED
    assert study_status([plain], tmp_path)[0].state is CellState.WAITING


def test_the_command_can_leave_pretrained_weights_out() -> None:
    def folders(*options: str) -> set[str]:
        result = CliRunner().invoke(app, ["grid", *options, "--json"])
        assert result.exit_code == 0, result.output
        return {str(Path(cell["folder"]).parent) for cell in json.loads(result.stdout)["cells"]}

    assert folders("densenet121") == folders("densenet121", "--pretrained") == {"runs/grid-densenet121"}
    assert folders("densenet121", "--no-pretrained") == {"runs/grid-densenet121-random"}
    refused = CliRunner().invoke(app, ["grid", "cnn", "--pretrained", "--json"])
    assert refused.exit_code == 2
    assert "cnn has no pretrained weights" in " ".join(refused.output.split())


@pytest.mark.parametrize("words", [["grid", "cnn"], ["imbalance"], ["train", "--data", "drawn"]])
def test_a_folder_that_no_run_can_be_called_by_is_refused_at_once(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    refused = CliRunner().invoke(app, [*words, "--to", str(tmp_path / ".hidden")])
    assert refused.exit_code != 0
    assert "can't be called '.hidden'" in " ".join(refused.output.replace("│", "").split())
    assert not list(tmp_path.iterdir())


def made_up_training(
    accuracies: Mapping[str, float],
    fingerprint: str,
    *,
    stop: tuple[str, int] | None = None,
    killed: tuple[str, int] | None = None,
) -> Callable[..., None]:
    """In place of `train_cell`: runs whose accuracy is the same in each epoch.

    One is stopped before an epoch, or killed after it before anybody is told.
    """

    def train(task: Task, cell: Cell, number: int, runs: int, on_epoch: Callable[[dict], None]) -> None:
        folder = task.root / cell.name
        (folder / CHECKPOINT).mkdir(parents=True, exist_ok=True)
        begun = asdict(Started(cell.config, fingerprint)) | {"config": cell.config.model_dump(mode="json")}
        write_atomically(folder / CONFIG, yaml.safe_dump(begun))
        history = history_of(folder).to_dict("records")
        for epoch in range(len(history) + 1, cell.config.epochs + 1):
            if stop == (cell.name, epoch):
                raise RunStoppedError
            history.append({"epoch": epoch, "val_accuracy": accuracies[cell.name]})
            state = {"history": history, "weights": "epoch.weights.h5", "best": "best.weights.h5", "kept_epoch": 1}
            write_atomically(folder / CHECKPOINT / STATE, json.dumps(state))
            if killed == (cell.name, epoch):
                raise RunStoppedError
            try:
                on_epoch(history[-1])
            except PrunedError as error:
                write_atomically(folder / PRUNED, str(error))
                raise
        write_atomically(folder / RECORD, "")

    return train


@pytest.mark.parametrize("ended", [{"stop": (0, 3)}, {"killed": (2, 1)}])
def test_halving_that_was_stopped_gives_up_the_same_runs_as_if_it_had_not_been(
    ended: dict[str, tuple[int, int]], tmp_path: Path, source: str, drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = grid_cells(
        "cnn", learning_rates=(1e-5, 1e-4, 1e-3, 1e-2, 1e-1), optimizers=("adam",), activations=("relu",)
    )
    accuracies = dict(zip([cell.name for cell in cells], (0.1, 0.5, 0.1, 0.1, 0.4), strict=True))

    task = Task(tmp_path / "stopped", source, track=False)

    def trained(task: Task, **ended: tuple[str, int]) -> list[int]:
        training = made_up_training(accuracies, drawn.fingerprint, **ended)
        monkeypatch.setattr("fer_core.training.halving.train_cell", training)
        return [status.epochs_done for status in run_halving(cells, task)]

    with pytest.raises(RunStoppedError):
        trained(task, **{how: (cells[number].name, epoch) for how, (number, epoch) in ended.items()})
    assert trained(task) == trained(replace(task, root=tmp_path / "never")) == [10, 10, 1, 1, 1]


@pytest.mark.slow
def test_halving_gives_the_worse_runs_up_and_a_full_grid_goes_on_with_them(tmp_path: Path, source: str) -> None:
    few = {"optimizers": ("adam",), "activations": ("relu",), "epochs": 4, "early_stopping": None, "batch_size": 64}
    cells = grid_cells("cnn", learning_rates=(1e-3, 1e-7, 1e-8), sampling="none", augment="all", **few)
    task = Task(tmp_path / "grid", source, track=False)
    statuses = run_halving(cells, task)
    by_rate = {status.cell.config.learning_rate: status for status in statuses}
    assert by_rate[1e-3].state is CellState.RECORDED
    assert CellState.PRUNED in {by_rate[1e-7].state, by_rate[1e-8].state}
    saved = epochs_saved(statuses)
    assert saved > 0
    assert sum(status.epochs_done for status in statuses) == 3 * 4 - saved
    assert best_of(statuses).cell.config.learning_rate == 1e-3

    again = run_halving(cells, task)
    assert again == statuses

    whole = run_study(cells, task)
    assert {status.state for status in whole} == {CellState.RECORDED}
    assert epochs_saved(whole) == 0
    table = grid_table(whole)
    assert table["best"].tolist() == [True, False, False]
    assert table["val_accuracy"].is_monotonic_decreasing


def test_a_recorded_run_whose_history_cannot_be_read_is_not_the_best(tmp_path: Path) -> None:
    cells = grid_cells("cnn", learning_rates=(1e-3, 1e-2), optimizers=("adam",), activations=("relu",))
    write_recorded_cells(cells, tmp_path)
    (tmp_path / cells[0].name / HISTORY).unlink()
    statuses = study_status(cells, tmp_path)
    assert best_of(statuses).cell == cells[1]
    assert best_of(statuses[:1]) is None
    assert grid_table(statuses)["best"].tolist() == [True, False]
