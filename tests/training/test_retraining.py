"""Members of an ensemble that are trained again: under which names, and with which review decisions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.corrections import apply_corrections, decide
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.datasets.store import save_dataset
from fer_core.prediction.card import EnsembleCard
from fer_core.training.candidates import retraining_cells
from fer_core.training.config import RunConfig
from fer_core.training.record import RECORD, read_run
from tests.training.records import write_recorded_cells


@pytest.fixture
def runs(tmp_path: Path, write_recorded_run: Callable[..., Path]) -> list[Path]:
    return [write_recorded_run(tmp_path / name, seed=seed) for seed, name in enumerate(("a", "b"))]


def corrected_by(run: Path, corrections: Path) -> None:
    """As if the run had been trained with these decisions."""
    record = run / RECORD
    record.write_text(record.read_text().replace("corrections: null", f"corrections: {corrections}"))


def retrain(runs: list[Path], to: Path, *options: object) -> Result:
    words = ["ensemble", *runs, "--to", to, "--retrain", "--no-track", *options]
    return CliRunner().invoke(app, [str(word) for word in words])


def as_if_trained(runs: list[Path], to: Path, dataset: FaceDataset) -> None:
    """The records that training the members again on a data set would leave."""
    configs = [read_run(run).record.config for run in runs]
    cells = retraining_cells(configs, to.name, dataset.fingerprint)
    write_recorded_cells(cells, to.with_name(f"{to.name}-members"), dataset.fingerprint)


def test_members_trained_otherwise_or_on_other_data_have_other_names(drawn: FaceDataset, tmp_path: Path) -> None:
    config = RunConfig(network="cnn", epochs=2, soft_labels=str(tmp_path / "soft.npz"))
    training = drawn.where("Training")

    def names(config: RunConfig, data: str = "one", favoured: int = 0) -> list[str]:
        soft = np.eye(7)[[favoured] * len(training)]
        SoftLabels.of(drawn, training, soft, "somebody").write(tmp_path / "soft.npz")
        return [cell.name for cell in retraining_cells([config] * 2, "mine", data)]

    first = names(config)
    assert names(config) == first
    others = names(config.changed(epochs=3)), names(config, data="another"), names(config, favoured=1)
    assert len({*first, *(name for found in others for name in found)}) == 8


def test_too_few_or_too_many_runs_are_told_before_any_is_trained_again(runs: list[Path], tmp_path: Path) -> None:
    for chosen, options, told in (
        (runs[:1], (), "an ensemble needs at least 2 runs, got 1\n"),
        (runs, ("--fast",), "the fast card is of 1 run, got 2\n"),
    ):
        refused = retrain(chosen, tmp_path / "mine", "--data", tmp_path / "none.npz", *options)
        assert (refused.exit_code, refused.stderr) == (1, told)
    assert not (tmp_path / "mine-members").exists()


def test_an_ensemble_trained_again_on_other_data_replaces_the_one_before(
    runs: list[Path], drawn: FaceDataset, tmp_path: Path
) -> None:
    for dataset in (drawn, drawn.take(np.arange(200))):
        source, to = tmp_path / f"{len(dataset)}.npz", tmp_path / "mine"
        save_dataset(dataset, source)
        as_if_trained(runs, to, dataset)
        done = retrain(runs, to, "--data", source)
        assert done.exit_code == 0, done.output
        assert EnsembleCard.read(to / "ensemble.json").data_fingerprint == dataset.fingerprint


def test_members_are_trained_again_with_the_review_decisions_of_the_runs(
    runs: list[Path], drawn: FaceDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source, to, corrections = tmp_path / "drawn.npz", tmp_path / "mine", tmp_path / "corrections.csv"
    save_dataset(drawn, source)
    decide(corrections, drawn, int(drawn.where("Training")[0]), "exclude")
    corrected = apply_corrections(drawn, corrections)
    as_if_trained(runs, to, corrected)
    corrected_by(runs[0], corrections)
    differing = retrain(runs, to, "--data", source)
    assert differing.exit_code == 1
    assert "different review decisions (corrections.csv, none); choose runs that agree" in differing.stderr
    corrected_by(runs[1], Path("corrections.csv"))
    done = retrain(runs, to, "--data", source)
    assert done.exit_code == 0, done.output
    assert EnsembleCard.read(to / "ensemble.json").data_fingerprint == corrected.fingerprint
    corrections.unlink()
    missing = retrain(runs, to, "--data", source)
    assert missing.exit_code == 1
    assert missing.stderr.startswith("corrections.csv: the runs were trained with these review decisions")
