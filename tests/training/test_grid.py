from pathlib import Path

import pytest

from fer_core.datasets.store import save_dataset
from fer_core.training.grid import best_of, epochs_saved, grid_cells, grid_table
from fer_core.training.halving import run_halving
from fer_core.training.record import RECORD
from fer_core.training.run_study import Task, run_study
from fer_core.training.study import CellState


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


@pytest.mark.slow
def test_a_grid_that_was_stopped_skips_what_is_recorded(tmp_path: Path, source: str) -> None:
    few = {"optimizers": ("adam",), "activations": ("relu",), "epochs": 1, "early_stopping": None, "batch_size": 128}
    plain = {"sampling": "none", "augment": "all", **few}
    task = Task(tmp_path / "grid", source, track=False)
    run_study(grid_cells("cnn", learning_rates=(1e-3,), **plain), task)
    (first,) = (tmp_path / "grid").glob(f"*/{RECORD}")
    before = first.stat().st_mtime_ns
    statuses = run_study(grid_cells("cnn", learning_rates=(1e-3, 1e-2), **plain), task)
    assert [status.state for status in statuses] == [CellState.RECORDED] * 2
    assert first.stat().st_mtime_ns == before
