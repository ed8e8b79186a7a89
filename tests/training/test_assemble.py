import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.comparison.contributions import contributions
from fer_core.comparison.models import read_model
from fer_core.comparison.places import entry_of
from fer_core.evaluation.calibration import calibrate, coverage_curve, expected_calibration_error
from fer_core.prediction.card import FAST_CARD, EnsembleCard
from fer_core.prediction.ensemble import Ensemble
from fer_core.training.assemble import AssemblyError, assemble, evaluate_recorded, joined, members_table, own_folder
from fer_core.training.record import RECORD, RecordError, model_of, read_record, read_run, write_run


@pytest.fixture
def runs(write_recorded_run: Callable[..., Path], tmp_path: Path) -> list[Path]:
    names = ("compact_vgg", "compact_resnet")
    return [write_recorded_run(tmp_path / f"run-{i}", seed=i, network=name) for i, name in enumerate(names)]


def test_an_ensemble_can_be_loaded_and_its_card_read_back(runs: list[Path], tmp_path: Path) -> None:
    card = assemble(runs, tmp_path / "models", name="two")
    assert EnsembleCard.read(tmp_path / "models" / "ensemble.json") == card
    assert Ensemble.load(tmp_path / "models" / "ensemble.json").names == ("run-0", "run-1")
    unrecorded = card.model_copy(update={"members": tuple(m.model_copy(update={"run": None}) for m in card.members)})
    assert unrecorded.titles == ("compact_vgg", "compact_resnet")


def test_sure_answers_reach_the_accuracy_asked_for_on_the_holdout(runs: list[Path], tmp_path: Path) -> None:
    models = tmp_path / "models"
    assemble(runs, models, name="two")
    model = read_model(entry_of(str(models)))
    labels, said = model.splits["holdout"].labels, model.calibrated("holdout", model.temperature)
    right = said.argmax(axis=1) == labels
    reached_first = np.unique(np.maximum.accumulate(coverage_curve(said, labels).accuracy))
    for target in (0.95, *reached_first[::2]):
        card = assemble(runs, models, name="two", sure_accuracy=target)
        sure = said.max(axis=1) >= card.not_sure_below
        assert sure.any()
        assert right[sure].mean() >= target


def test_an_ensemble_is_evaluated_from_its_records_without_images(runs: list[Path], tmp_path: Path) -> None:
    card = assemble(runs, tmp_path / "models", name="two")
    evaluations = evaluate_recorded(card, tmp_path / "models")
    public = [read_run(run).splits["public"] for run in runs]
    mean = np.mean([split.probabilities for split in public], axis=0)
    assert evaluations["public"].accuracy == pytest.approx((mean.argmax(axis=1) == public[0].labels).mean())
    assert evaluations["test"].images == evaluations["public"].images + evaluations["private"].images


def test_the_smoothing_of_the_labels_is_undone_wherever_the_ensemble_answers(
    write_recorded_run: Callable[..., Path], tmp_path: Path
) -> None:
    runs = [
        write_recorded_run(tmp_path / f"run-{smoothing}", seed=seed, label_smoothing=smoothing)
        for seed, smoothing in enumerate((0.0, 0.2))
    ]
    models = tmp_path / "models"
    card = assemble(runs, models, name="two")
    assert card.label_smoothing == pytest.approx(0.1)
    recorded = read_model(entry_of(str(models))).splits["private"]
    mean = np.mean([read_run(run).splits["private"].probabilities for run in runs], axis=0)
    expected = calibrate(mean, temperature=card.temperature, label_smoothing=0.1)
    np.testing.assert_allclose(recorded.probabilities, expected, atol=1e-5)
    ece = expected_calibration_error(expected, recorded.labels)
    assert evaluate_recorded(card, models)["private"].ece == pytest.approx(ece, abs=1e-4)
    ensemble = Ensemble.load(models / "ensemble.json")
    members = np.stack([read_run(run).splits["private"].probabilities for run in runs])
    np.testing.assert_allclose(ensemble.combine(members), expected, atol=1e-5)


def test_the_smoothing_of_the_focal_loss_in_older_records_is_not_undone(runs: list[Path], tmp_path: Path) -> None:
    for run in runs:
        (run / RECORD).write_text((run / RECORD).read_text().replace("loss: cross_entropy", "loss: focal"))
        assert read_run(run).record.config.label_smoothing == 0.1
        assert read_model(entry_of(str(run))).label_smoothing == 0
    assert assemble(runs, tmp_path / "models", name="two").label_smoothing == 0


def test_no_other_run_of_a_name_is_overwritten(runs: list[Path], write_recorded_run, tmp_path: Path) -> None:
    assemble(runs, tmp_path / "models", name="two")
    before = {file: file.read_bytes() for file in (tmp_path / "models").rglob("*") if file.is_file()}
    namesake = write_recorded_run(tmp_path / "elsewhere" / runs[0].name, seed=7)
    with pytest.raises(AssemblyError, match="another run of this name stands there"):
        assemble([namesake], tmp_path / "models", name="one", fast=True)
    with pytest.raises(AssemblyError, match="two of the runs have one name"):
        assemble([runs[0], namesake], tmp_path / "models", name="two")
    assert {file: file.read_bytes() for file in (tmp_path / "models").rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("id", ["../outside", "/outside", "..", "", "a/b", "a\\b"])
def test_a_record_whose_name_would_be_a_path_is_refused(runs: list[Path], id: str) -> None:
    file = runs[0] / RECORD
    file.write_text(file.read_text().replace(f"id: {runs[0].name}\n", f"id: {json.dumps(id)}\n"))
    with pytest.raises(RecordError, match="id: "):
        read_run(runs[0])


def test_all_that_is_wrong_with_a_record_is_told_at_once(runs: list[Path]) -> None:
    file = runs[0] / RECORD
    file.write_text(file.read_text().replace("epochs: 2\n", "epochs: 0\n", 1).replace("train_images: ", "images: "))
    told = r"run\.yaml: config\.epochs: .*; train_images: Field required; images: Extra inputs are not permitted"
    with pytest.raises(RecordError, match=told):
        read_run(runs[0])
    file.write_text("- a list")
    with pytest.raises(RecordError, match=r"run\.yaml: Input should be a valid dictionary"):
        read_run(runs[0])


def test_a_card_that_names_no_run_is_refused_in_one_way(runs: list[Path], tmp_path: Path) -> None:
    models = tmp_path / "models"
    content = assemble(runs, models, name="two").model_dump(mode="json")
    content["members"][1]["run"] = None
    card = EnsembleCard.model_validate(content)
    (models / "ensemble.json").write_text(card.model_dump_json())
    for read in (
        lambda: evaluate_recorded(card, models),
        lambda: members_table(card, models),
        lambda: contributions(card, models, ()),
        lambda: read_model(entry_of(str(models))),
    ):
        with pytest.raises(AssemblyError, match="two: no run is recorded for compact_resnet"):
            read()


def test_runs_of_other_images_are_refused(runs: list[Path], write_recorded_run, tmp_path: Path) -> None:
    other = write_recorded_run(tmp_path / "other", seed=5, images=70)
    with pytest.raises(AssemblyError, match="holds other images"):
        assemble([runs[0], other], tmp_path / "models", name="two")
    assert not (tmp_path / "models" / "ensemble.json").exists()


def test_runs_that_answer_with_and_without_mirror_images_are_refused(
    runs: list[Path], write_recorded_run: Callable[..., Path], tmp_path: Path
) -> None:
    plain = [write_recorded_run(tmp_path / f"plain-{seed}", seed=seed, flip_averaging=False) for seed in range(2)]
    with pytest.raises(AssemblyError, match=r"plain-1: answers without flip averaging, the other runs with it"):
        assemble([runs[0], plain[1]], tmp_path / "models", name="two")
    assert not (tmp_path / "models" / "ensemble.json").exists()
    assert not assemble(plain, tmp_path / "models", name="plain").flip_averaging
    assert assemble(runs, tmp_path / "models", name="two").flip_averaging


def test_runs_that_were_trained_on_copies_of_held_out_images_are_refused(runs: list[Path], tmp_path: Path) -> None:
    run = read_run(runs[1])
    known = replace(run.splits["holdout"], also_in_training=np.arange(210) == 3)
    write_run(run.folder, run.record, run.history.to_dict("records"), {**run.splits, "holdout": known})
    with pytest.raises(AssemblyError, match=r"run-1: held-out images also stand.*split by duplicates"):
        assemble(runs, tmp_path / "models", name="two")
    assert not (tmp_path / "models" / "ensemble.json").exists()


def test_one_run_is_no_ensemble(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match="at least 2"):
        assemble(runs[:1], tmp_path / "models", name="one")


def test_one_run_can_answer_fast_beside_the_ensemble(runs: list[Path], tmp_path: Path) -> None:
    models = tmp_path / "models"
    assemble(runs, models, name="two")
    before = {file: file.read_bytes() for file in models.rglob("*") if file.is_file()}
    card = assemble([models / "runs" / runs[0].name], models, name="one", fast=True)  # where it stands already
    assert Ensemble.load(models / FAST_CARD).names == ("run-0",)
    assert card.members[0].sha256 == EnsembleCard.read(models / "ensemble.json").members[0].sha256
    assert all(file.read_bytes() == content for file, content in before.items())
    assert evaluate_recorded(card, models)["validation"].images > 0
    with pytest.raises(AssemblyError, match="of 1 run, got 2"):
        assemble(runs, models, name="two", fast=True)


def test_a_card_can_be_told_by_what_was_trained(runs: list[Path], tmp_path: Path) -> None:
    table = members_table(assemble(runs, tmp_path / "models", name="two"), tmp_path / "models")
    assert table["network"].tolist() == ["compact_vgg", "compact_resnet"]
    assert table["starting weights"].tolist() == ["random", "random"]
    assert table["learned from"].tolist() == ["labels", "labels"]


def test_a_run_that_stopped_early_is_told_by_the_epochs_that_it_trained(
    write_recorded_run: Callable[..., Path], tmp_path: Path
) -> None:
    runs = [write_recorded_run(tmp_path / f"run-{seed}", seed=seed, early_stopping=1) for seed in range(2)]
    for run in runs:
        (run / RECORD).write_text((run / RECORD).read_text().replace("epochs: 2\n", "epochs: 9\n", 1))
        assert read_run(run).record.config.epochs == 9
    card = assemble(runs, tmp_path / "models", name="two")
    assert members_table(card, tmp_path / "models")["epochs"].tolist() == [2, 2]
    assert contributions(card, tmp_path / "models", ())["epochs"].tolist() == [2, 2]


def test_a_run_that_learned_from_more_is_told_from_the_others(
    runs: list[Path], tmp_path: Path, write_recorded_run: Callable[..., Path]
) -> None:
    other = write_recorded_run(tmp_path / "compact_vgg_ferplus", seed=5, soft_labels="FER+ votes")
    card = assemble([*runs, other], tmp_path / "models", name="three")
    assert [member.name for member in card.members] == ["compact_vgg", "compact_resnet", "compact_vgg_ferplus"]
    assert members_table(card, tmp_path / "models")["learned from"].tolist()[-1] == "labels, FER+ votes"


def test_the_command_writes_among_ones_own_runs_where_no_folder_is_named(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_RUNS", "mine")
    done = CliRunner().invoke(app, ["ensemble", *map(str, runs), "--name", "two"])
    assert done.exit_code == 0
    assert EnsembleCard.read("mine/two/ensemble.json").name == "two"
    assert not Path("models").exists()


@pytest.mark.parametrize("name", ["..", ".hidden", "a/b", ""])
def test_a_name_that_is_no_folders_is_refused(name):
    with pytest.raises(AssemblyError, match="no folder can be called"):
        own_folder(name)


def test_a_run_of_that_name_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_RUNS", str(tmp_path))
    (tmp_path / "mine").mkdir()
    with pytest.raises(AssemblyError, match="holds a run or a study"):
        own_folder("mine")
    assert own_folder("other") == tmp_path / "other"


def test_a_split_that_the_data_set_lacks_is_left_out(runs: list[Path], tmp_path: Path) -> None:
    for run in map(read_run, runs):
        splits = {name: split for name, split in run.splits.items() if name != "private"}
        write_run(run.folder, run.record, run.history.to_dict("records"), splits)
    card = assemble(runs, tmp_path / "models", name="two")
    assert set(evaluate_recorded(card, tmp_path / "models")) == {"validation", "public"}
    with pytest.raises(AssemblyError, match=r"has no probabilities of private$"):
        joined([read_run(runs[0])], ["private"])
    with pytest.raises(AssemblyError, match="has no probabilities of holdout; train with --holdout"):
        joined([replace(read_run(runs[0]), splits={})], ["holdout"])


def test_sure_answers_that_cannot_be_so_accurate_are_told_by_their_argument(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match=r"^sure_accuracy: expected above 0.* got 2 \(--sure-accuracy\)"):
        assemble(runs, tmp_path / "models", name="two", sure_accuracy=2)
    assert not (tmp_path / "models").exists()


def test_folders_may_be_told_as_text(runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_record(runs[0].name) == read_record(runs[0])
    assert model_of(runs[0].name) == model_of(runs[0])
    card = assemble([run.name for run in runs], "models", name="two")
    assert evaluate_recorded(card, "models").keys() == evaluate_recorded(card, tmp_path / "models").keys()
    assert members_table(card, "models")["run"].tolist() == [run.name for run in runs]


def test_a_record_of_a_network_that_is_not_known_here_is_read_and_joined(runs: list[Path], tmp_path: Path) -> None:
    file = runs[0] / RECORD
    file.write_text(file.read_text().replace("network: compact_vgg", "network: their_own"))
    run = read_run(runs[0])
    assert (run.record.config.network, run.record.starting_weights) == ("their_own", "random")
    card = assemble(runs, tmp_path / "models", name="two")
    assert members_table(card, tmp_path / "models")["network"].tolist() == ["their_own", "compact_resnet"]
    with pytest.raises(ValueError, match="network: expected one of"):
        run.record.config.changed(epochs=3)


def test_an_ensemble_whose_copying_was_cut_off_can_be_made_again(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "own"))
    models = own_folder("mine")
    assemble(runs, models, name="two")
    (models / "ensemble.json").unlink()
    (models / "runs" / runs[1].name / RECORD).unlink()
    (models / f"{runs[1].name}.onnx").write_bytes(b"half")
    before = {
        file: file.stat().st_mtime_ns
        for file in (models / f"{runs[0].name}.onnx", models / "runs" / runs[0].name / RECORD)
    }
    assert own_folder("mine") == models
    assemble(runs, models, name="two")
    assert len(Ensemble.load(models / "ensemble.json").names) == 2
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_a_copy_that_fails_leaves_the_networks_that_answer(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    assemble(runs, models, name="two")
    content = (models / f"{runs[0].name}.onnx").read_bytes()
    (runs[0] / "model.onnx").write_bytes(content + b"more")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer_core.files.bring_to_disk", full)
    with pytest.raises(OSError, match=r"onnx: can't be written \(No space left on device\)"):
        assemble(runs, models, name="two")
    assert (models / f"{runs[0].name}.onnx").read_bytes() == content
