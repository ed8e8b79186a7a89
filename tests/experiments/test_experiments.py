import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.store import save_dataset
from fer_core.experiments.catalogue import Experiment, Variant, experiments
from fer_core.experiments.reproduce import reproduce
from fer_core.experiments.status import Standing, chosen, matching, standings
from fer_core.training.config import RunConfig
from fer_core.training.record import SplitProbabilities, read_run, write_run
from tests.training.records import made_up_record


def record(
    folder: Path,
    config: RunConfig,
    fingerprint: str | None = None,
    *,
    splits: dict[str, tuple[np.ndarray, np.ndarray]] | None = None,
) -> Path:
    """Write a record; `splits` are (probabilities, labels) by name, by default one right answer on validation."""
    given = splits or {"validation": (np.eye(7)[:1], np.array([0]))}
    answers = {
        name: SplitProbabilities(
            np.array([f"{name}/{place}" for place in range(len(labels))]),
            labels,
            probabilities,
            np.zeros(len(labels), bool),
        )
        for name, (probabilities, labels) in given.items()
    }
    fingerprint = fingerprint or str(recorded_audit()["fingerprint"])
    found = made_up_record(folder.name, config, data_fingerprint=fingerprint, synthetic=False)
    write_run(folder, found, [{"epoch": 1, "accuracy": 0.6, "val_accuracy": 0.5, "seconds": 1.0}], answers)
    return folder


def experiment(name: str) -> Experiment:
    return next(found for found in experiments() if found.id == name)


def states(root: Path) -> dict[str, str]:
    return {standing.experiment.id: standing.state for standing in standings([root])}


def test_every_experiment_of_the_report_is_listed_once_with_its_number() -> None:
    found = experiments()
    assert len({experiment.id for experiment in found}) == len(found)
    count = {group: sum(e.group == group for e in found) for group in ("matrix", "base", "grid", "ensemble")}
    assert count == {"matrix": 36, "base": 5, "grid": 90, "ensemble": 3}
    assert experiment("matrix/report/full/cross_entropy/0").report == 0.5608
    assert experiment("base/densenet121").report == 0.6272


def test_a_record_counts_by_what_was_trained_whatever_it_is_called(tmp_path: Path) -> None:
    assert set(states(tmp_path).values()) == {"missing"}
    record(tmp_path / "deep" / "my run", experiment("base/cnn").variants[0].config)
    found = states(tmp_path)
    assert found["base/cnn"] == "done"
    # The grid has the optimum too.
    assert found["grid/cnn/adam/0.001/relu"] == "done"
    assert list(found.values()).count("done") == 2


def test_another_way_than_the_reports_is_partial_and_says_how(tmp_path: Path) -> None:
    smaller = experiment("base/resnet50v2").variants[-1]
    record(tmp_path / "run", smaller.config)
    standing = next(s for s in standings([tmp_path]) if s.experiment.id == "base/resnet50v2")
    assert standing.state == "partial"
    assert "random weights" in standing.variant.differs
    assert "48 in place of 224" in standing.variant.differs


def test_a_short_run_is_partial_until_there_is_a_whole_one(tmp_path: Path) -> None:
    whole, short = experiment("matrix/report/full/focal/1").variants
    record(tmp_path / "short", short.config)
    standing = next(s for s in standings([tmp_path]) if s.state != "missing")
    assert (standing.experiment.id, standing.state) == ("matrix/report/full/focal/1", "partial")
    assert standing.variant.differs == "5 in place of 15 epochs"
    record(tmp_path / "whole", whole.config)
    assert states(tmp_path)["matrix/report/full/focal/1"] == "done"


def test_records_of_other_data_and_damaged_ones_do_not_count(tmp_path: Path) -> None:
    config = experiment("base/cnn").variants[0].config
    record(tmp_path / "other", config, fingerprint="0123456789abcdef")
    (record(tmp_path / "damaged", config) / "run.yaml").write_text("id: [")
    assert set(states(tmp_path).values()) == {"missing"}


def test_only_what_is_missing_is_chosen_and_patterns_choose_among_it(tmp_path: Path) -> None:
    record(tmp_path / "run", experiment("base/cnn").variants[0].config)
    found = standings([tmp_path])
    assert [e.id for e in chosen(matching(found, ["base"]))] == [
        f"base/{n}" for n in ("densenet121", "vgg", "resnet50v2", "alexnet")
    ]
    assert len(chosen(matching(found, ["matrix/report/*"]))) == 18
    with pytest.raises(ValueError, match="grids: no such experiment"):
        matching(found, ["grids"])


@pytest.mark.slow
def test_an_experiment_falls_back_to_what_can_be_run_and_keeps_a_small_record(
    tmp_path: Path,
) -> None:
    quick = RunConfig(network="cnn", epochs=1, batch_size=64, precision="float32")
    large = RunConfig(network="resnet50v2", epochs=1)
    wanted = Experiment("base/quick", "quick", (Variant(large), Variant(quick, large)))
    told = []
    outcome = reproduce(
        wanted, drawn_dataset(210, seed=1), work=tmp_path / "work", to=tmp_path / "to", verbose=0, tell=told.append
    )
    assert outcome.reason == "input of 48 in place of 224 pixels"
    assert "needs an accelerator" in told[0]
    assert sorted(path.name for path in outcome.folder.iterdir()) == ["history.csv", "probabilities.npz", "run.yaml"]
    assert read_run(outcome.folder).record.config == quick
    shorter = Variant(quick, quick.model_copy(update={"epochs": 2}))
    wanted = Experiment("base/short", "short", (Variant(large), shorter))
    assert not reproduce(wanted, drawn_dataset(210, seed=1), work=tmp_path / "work", to=tmp_path / "to").folder
    outcome = reproduce(
        wanted, drawn_dataset(210, seed=1), short=True, work=tmp_path / "work", to=tmp_path / "to", verbose=0
    )
    assert (outcome.folder.name, outcome.reason) == ("base-short-1", "1 in place of 2 epochs")


@pytest.mark.slow
def test_where_the_reports_own_way_diverges_a_steadier_one_is_run_and_said(tmp_path: Path) -> None:
    quick = RunConfig(network="cnn", epochs=1, batch_size=64, precision="float32")
    wild = quick.changed(batch_size=2, learning_rate=10, schedule="constant", weight_decay=1)
    tame = quick.changed(clip_norm=1.0)
    wanted = Experiment("base/wild", "wild", (Variant(wild), Variant(tame, wild)))
    told = []
    outcome = reproduce(
        wanted, drawn_dataset(210, seed=1), work=tmp_path / "work", to=tmp_path / "to", verbose=0, tell=told.append
    )
    assert re.fullmatch(r"base/wild: the loss is (nan|inf) in epoch 1, batch \d+", told[0])
    assert outcome.reason == "gradients clipped to a norm of 1, without which the loss diverges"
    assert read_run(outcome.folder).record.config == tame
    assert not list((tmp_path / "work").glob("base-wild*"))


def test_vgg_is_steadied_for_itself_and_in_the_ensemble_but_not_in_its_grid() -> None:
    for name in ("base/vgg", "ensemble/vgg"):
        ways = [(variant.config.clip_norm, variant.short) for variant in experiment(name).variants]
        assert ways == [(None, False), (1.0, False), (None, True), (1.0, True)]
    assert {v.config.clip_norm for v in experiment("grid/vgg/sgd/0.01/elu").variants} == {None}


def test_a_data_set_that_an_experiment_cannot_be_run_on_is_told_and_the_others_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    drawn = drawn_dataset(210, seed=1)
    save_dataset(drawn.take(np.unique(drawn.labels, return_index=True)[1]), tmp_path / "few.npz")  # one of each class
    flags = ["--only", "base/cnn", "--only", "base/vgg", "--data", str(tmp_path / "few.npz"), "--to", str(tmp_path)]
    answer = CliRunner().invoke(app, ["reproduce", *flags])
    assert answer.exit_code == 1
    assert "base/cnn: failed (" in answer.stderr
    assert "base/vgg: failed (" in answer.stderr


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was trained since; nothing takes any time, and every record is of FER2013."""
    names: list[str] = []

    def train(config: RunConfig, dataset: object, folder: Path, **options: object) -> None:
        names.append(folder.name)
        record(folder, config)

    monkeypatch.setattr("fer_core.experiments.reproduce.train", train)
    monkeypatch.setattr("fer_core.experiments.reproduce.on_gpu", lambda: False)
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    return names


def run(root: Path, *flags: str) -> str:
    """What `reproduce` says while it writes its records among these."""
    answer = CliRunner().invoke(app, ["reproduce", *flags, "--data", "drawn", "--to", str(root)])
    assert answer.exit_code == 0, answer.output
    return answer.stderr


def test_what_is_recorded_meanwhile_is_not_trained_again(tmp_path: Path, trained: list[str]) -> None:
    same = ["--only", "base/cnn", "--only", "grid/cnn/adam/0.001/relu"]  # the grid has the optimum too
    told = run(tmp_path / "to", *same)
    assert trained == ["base-cnn"]
    assert f"grid/cnn/adam/0.001/relu: {tmp_path / 'to' / 'base-cnn'}" in told
    assert "nothing is left to run" in run(tmp_path / "to", *same)


def test_again_trains_what_is_more_faithful_than_the_record_and_nothing_else(
    tmp_path: Path, trained: list[str]
) -> None:
    short = experiment("matrix/report/full/focal/1").variants[-1]
    record(tmp_path / "short", short.config)
    run(tmp_path, "--only", "matrix/report/full/focal/1", "--again")
    assert trained == ["matrix-report-full-focal-1"]
    small = experiment("base/alexnet").variants[1]
    record(tmp_path / "small", small.config)
    for flags in (["--again"], ["--again", "--short"]):
        assert f"{tmp_path / 'small'} input of 96" in run(tmp_path, "--only", "base/alexnet", *flags)
    assert len(trained) == 1


def test_what_a_search_tried_can_still_be_trained() -> None:
    standing = Standing(experiment("grid/vgg/sgd/0.01/elu"), searched="successive halving")
    assert standing.state == "partial"
    assert chosen([standing]) == [standing.experiment]


def test_what_another_process_trains_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def train(config: RunConfig, dataset: object, folder: Path, **options: object) -> None:
        # The same configuration under the grid's name.
        told.append(run(tmp_path / "to", "--only", "grid/cnn/adam/0.001/relu"))
        record(folder, config)

    monkeypatch.setattr("fer_core.experiments.reproduce.train", train)
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    run(tmp_path / "to", "--only", "base/cnn")
    assert "grid/cnn/adam/0.001/relu: another process trains it" in told[0]
    assert states(tmp_path / "to")["base/cnn"] == "done"


def test_the_status_is_told_as_text_and_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "none"))
    record(tmp_path / "run", experiment("base/cnn").variants[0].config)
    text = CliRunner().invoke(app, ["reproduce", "--status", "--to", str(tmp_path)])
    assert text.exit_code == 0
    assert "2 done, 0 partial, 132 missing" in text.stdout
    answer = CliRunner().invoke(app, ["reproduce", "--status", "--json", "--to", str(tmp_path)])
    rows = {row["id"]: row for row in json.loads(answer.stdout)["experiments"]}
    assert rows["base/cnn"]["state"] == "done"
    assert rows["base/vgg"] == {"id": "base/vgg", "state": "missing", "why": "", "folder": None, "report": 0.5792}


def test_the_status_tells_what_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "none"))
    flags = ["reproduce", "--json", "--to", str(tmp_path)]
    answer = CliRunner().invoke(app, [*flags, "--only", "base"])
    assert len(json.loads(answer.stdout)["experiments"]) == 5
    answer = CliRunner().invoke(app, [*flags, "--only", "nonsense"])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "nonsense: no such experiment" in answer.stderr


def test_the_products_own_records_are_of_fer2013_alone() -> None:
    answer = CliRunner().invoke(app, ["reproduce", "--only", "grid/alexnet", "--data", "drawn"])
    assert answer.exit_code == 1
    assert "drawn: not the complete FER2013; say with --to" in answer.stderr


def test_a_standing_without_a_record_is_missing() -> None:
    assert Standing(experiments()[0]).state == "missing"
