import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.store import open_dataset
from fer_core.experiments import reproduce
from fer_core.experiments.catalogue import experiments
from fer_core.experiments.grid_claims import search_claim, search_table
from fer_core.experiments.search import Point, Search, ranked, search_cells, search_file
from fer_core.experiments.status import recorded_search, standings
from fer_core.files import write_atomically
from fer_core.training import halving
from fer_core.training.errors import RunStoppedError
from fer_core.training.folder import CONFIG, Started
from fer_core.training.grid import grid_cells
from fer_core.training.record import RecordError
from fer_core.training.run_study import Task, train_cell
from fer_core.training.study import FAILURE, Cell, CellState, CellStatus

VGG = ("sgd", 0.01, "elu")
"""The report's optimum of VGG."""


def search_record(root: Path, points: tuple[Point, ...], **changes: object) -> Path:
    """Write a search of VGG's grid on FER2013."""
    found: dict[str, object] = {
        "network": "vgg",
        "input_size": 48,
        "epochs": 10,
        "training_share": 0.1,
        "train_images": 2_296,
        "validation_images": 5_742,
        "data_fingerprint": str(recorded_audit()["fingerprint"]),
        "code_version": "made up",
        "packages": {},
        "hardware": {},
        "finished": datetime(2026, 1, 1, tzinfo=UTC),
        "points": points,
    }
    root.mkdir(parents=True, exist_ok=True)
    file = root / search_file("vgg")
    file.write_text(Search(**found | changes).model_dump_json())
    return file


def point(
    optimizer: str, learning_rate: float, activation: str, epochs: int, accuracy: float | None, ended: str
) -> Point:
    searched = {"optimizer": optimizer, "learning_rate": learning_rate, "activation": activation}
    return Point(**searched, epochs=epochs, val_accuracy=accuracy, ended=ended)


POINTS = (
    point("adam", 0.0001, "relu", 10, 0.412, "trained"),
    point(*VGG, 3, 0.35, "given up"),
    point("adam", 0.01, "relu", 1, 0.25, "given up"),
)


@pytest.mark.parametrize("network", ["densenet121", "vgg", "resnet50v2", "alexnet"])
def test_a_search_goes_through_the_whole_grid_on_a_tenth_of_the_images(network: str) -> None:
    cells = search_cells(network)
    grid = {each.id for each in experiments() if each.id.startswith(f"grid/{network}/")}
    configs = [cell.config for cell in cells]
    assert {f"grid/{network}/{c.optimizer}/{c.learning_rate:g}/{c.activation}" for c in configs} == grid
    assert {(c.training_share, c.pretrained) for c in configs} == {(0.1, False)}
    assert {c.size for c in configs} == {96 if network == "alexnet" else 48}


def test_with_an_accelerator_it_is_searched_at_the_reports_input_size() -> None:
    assert {cell.config.size for cell in search_cells("alexnet", accelerator=True)} == {227}
    assert {cell.config.pretrained for cell in search_cells("resnet50v2", accelerator=True)} == {False}


def test_those_that_were_not_given_up_come_first_then_those_that_came_farthest() -> None:
    cells = grid_cells("cnn")

    def status(cell: Cell, state: CellState, epochs: int, accuracy: float | None) -> CellStatus:
        return CellStatus(cell, Path(cell.name), state, epochs, accuracy)

    points = ranked(
        [
            status(cells[0], CellState.PRUNED, 1, 0.5),
            status(cells[1], CellState.FAILED, 0, None),
            status(cells[2], CellState.RECORDED, 6, 0.41),
            status(cells[3], CellState.PRUNED, 3, 0.3),
            status(cells[4], CellState.RECORDED, 10, 0.4),
        ]
    )
    assert [(each.ended, each.val_accuracy) for each in points] == [
        ("trained", 0.41),
        ("trained", 0.4),
        ("given up", 0.3),
        ("given up", 0.5),
        ("diverged", None),
    ]


def test_what_a_search_tried_is_partial_and_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "none"))
    search_record(tmp_path, POINTS)
    found = {each.experiment.id: each for each in standings([tmp_path])}
    tried = found["grid/vgg/sgd/0.01/elu"]
    assert (tried.state, tried.folder) == ("partial", None)
    how = "successive halving on 10% of the training part, random weights, 48 pixels; epochs: 3"
    assert tried.differs == how
    assert found["grid/vgg/sgd/0.01/relu"].state == "missing"
    answer = CliRunner().invoke(app, ["reproduce", "--json", "--only", "grid/vgg/sgd/0.01/elu", "--to", str(tmp_path)])
    assert json.loads(answer.stdout)["experiments"][0]["why"] == how


def test_the_reports_optimum_is_told_with_its_place_and_nothing_is_decided(tmp_path: Path) -> None:
    search_record(tmp_path, POINTS)
    search = recorded_search("vgg", [tmp_path])
    claim = search_claim(search)
    assert claim.claim == "The best for VGG: 0.01, sgd, elu."
    assert "best is 0.0001, adam, relu, 41.2%, epochs: 10. The report's optimum: place 2 of 3, 35.0%" in claim.evidence
    assert claim.holds is None
    assert search_table(search)["accuracy"].tolist() == [0.412, 0.35, 0.25]


def test_a_search_of_other_data_does_not_count_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    assert recorded_search("vgg", [tmp_path]) is None
    file = search_record(tmp_path, POINTS, data_fingerprint="0123456789abcdef")
    assert recorded_search("vgg", [tmp_path]) is None
    file.write_text('{"network": "vgg"')
    with pytest.raises(RecordError, match=r"search-vgg\.json"):
        recorded_search("vgg", [tmp_path])
    assert {each.state for each in standings([tmp_path])} == {"missing"}


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
    """Two runs in place of the CNN's search, which take no long time."""
    few = {"learning_rates": (1e-3,), "optimizers": ("adam", "sgd"), "activations": ("relu",), "epochs": 2}
    cells = grid_cells("cnn", prefix="search-cnn", training_share=0.5, batch_size=64, **few)
    monkeypatch.setattr(reproduce, "search_cells", lambda network, accelerator: cells)
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    return cells


def searched(to: Path) -> Result:
    """What the command says; its records stand in that folder."""
    return CliRunner().invoke(app, ["reproduce", "--search", "--only", "grid/cnn", "--data", "drawn", "--to", str(to)])


@pytest.mark.slow
def test_a_search_that_was_stopped_goes_on_and_is_recorded_without_its_runs(
    tmp_path: Path, cells: list[Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (cell.name for cell in cells)
    begun: list[str] = []

    def stopped_once(task: Task, cell: Cell, *rest: object, **options: object) -> str | None:
        begun.append(cell.name)
        if begun == [first, second]:
            raise RunStoppedError("stopped in epoch 1")
        return train_cell(task, cell, *rest, **options)

    monkeypatch.setattr(halving, "train_cell", stopped_once)
    to = tmp_path / "to"
    assert searched(to).exit_code == 143
    assert not (to / search_file("cnn")).exists()
    assert "search/cnn: best is " in searched(to).stderr
    assert begun == [first, second, second]
    found = Search.model_validate_json((to / search_file("cnn")).read_text())
    assert "trained" in [each.ended for each in found.points]
    assert {each.optimizer for each in found.points} == {"adam", "sgd"}
    assert (found.training_share, found.train_images < found.validation_images * 3) == (0.5, True)
    assert not list((tmp_path / "runs" / "reproduce").glob("search-cnn*"))
    searched(to)
    assert len(begun) == 3


@pytest.mark.parametrize(("reason", "code"), [("the loss is nan in epoch 1", 0), ("No space left on device", 1)])
def test_runs_that_would_not_fail_again_hold_up_the_record(
    reason: str, code: int, tmp_path: Path, cells: list[Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(task: Task, cell: Cell, *rest: object, **options: object) -> str:
        folder = task.root / cell.name
        folder.mkdir(parents=True)
        begun = asdict(Started(cell.config, open_dataset("drawn").fingerprint))
        write_atomically(folder / CONFIG, yaml.safe_dump(begun | {"config": cell.config.model_dump(mode="json")}))
        write_atomically(folder / FAILURE, reason)
        return reason

    monkeypatch.setattr(halving, "train_cell", fails)
    answer = searched(tmp_path / "to")
    assert answer.exit_code == code
    assert (tmp_path / "to" / search_file("cnn")).exists() == (code == 0)
    if code:
        assert "2 of 2 runs failed" in answer.stderr
        assert reason in answer.stderr


def test_a_search_that_another_process_does_is_left_to_it(
    tmp_path: Path, cells: list[Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def searches_again(*rest: object, **options: object) -> None:
        told.append(searched(tmp_path / "to").stderr)
        raise RunStoppedError("stopped")

    monkeypatch.setattr(halving, "train_cell", searches_again)
    searched(tmp_path / "to")
    assert len(told) == 1
    assert "search/cnn: another process trains it" in told[0]


def test_a_search_whose_runs_all_diverged_says_so(tmp_path: Path) -> None:
    search_record(tmp_path, (point(*VGG, 0, None, "diverged"),))
    assert search_claim(recorded_search("vgg", [tmp_path])).evidence.endswith("48 pixels: all runs diverged.")


def test_where_the_reports_optimum_diverged_no_accuracy_is_told(tmp_path: Path) -> None:
    search_record(tmp_path, (POINTS[0], point(*VGG, 0, None, "diverged")))
    evidence = search_claim(recorded_search("vgg", [tmp_path])).evidence
    assert evidence.endswith("The report's optimum could not be trained: its loss diverged.")
