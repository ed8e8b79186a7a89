from collections.abc import Callable
from pathlib import Path

import pytest

from fer_core.datasets.errors import DatasetError
from fer_core.training.assemble import assemble
from fer_core.training.candidates import candidates, retraining_cells, top_networks
from fer_core.training.config import RunConfig
from fer_core.training.record import HISTORY, MODEL, RECORD, read_run, write_run


def test_members_are_the_best_run_of_each_of_the_best_networks(
    tmp_path: Path, write_recorded_run: Callable[..., Path]
) -> None:
    for name, network in (("a", "compact_vgg"), ("b", "compact_vgg"), ("study/c", "cnn"), ("d", "vgg"), ("e", "vgg")):
        write_recorded_run(tmp_path / name, network=network)
    write_recorded_run(tmp_path / ".imported" / "g")
    (write_recorded_run(tmp_path / "lost") / RECORD).unlink()
    (tmp_path / "e" / MODEL).unlink()
    (tmp_path / "d" / RECORD).write_text("damaged: [")
    history = write_recorded_run(tmp_path / "f", network="vgg") / HISTORY
    for damaged in ("epo", "epoch,val_accuracy\n1,0.5\n", "epoch,val_accuracy\n1,0.5\n2,?\n"):
        history.write_text(damaged)
        assert "f" not in set(candidates([tmp_path])["run"])
    table = candidates([tmp_path])
    assert set(table["run"]) == {"a", "b", "c", "e"}
    assert table.set_index("run")["problem"].to_dict() == {"a": "", "b": "", "c": "", "e": "its network was not kept"}
    chosen = top_networks(table)
    assert sorted(table.set_index("folder")["network"][chosen]) == ["cnn", "compact_vgg", "vgg"]
    assert top_networks(candidates([tmp_path / "nothing"])) == []


def test_members_are_trained_again_with_a_holdout_and_different_splits() -> None:
    config = RunConfig(network="cnn", flip_averaging=False, weights_from="runs/one", split_by="images")
    cells = retraining_cells([config] * 2, prefix="mine", data_fingerprint="one")
    assert [cell.config.split_seed for cell in cells] == [1, 2]
    assert all(cell.config.holdout and cell.config.flip_averaging for cell in cells)
    assert {cell.config.weights_from for cell in cells} == {None}
    assert {cell.config.split_by for cell in cells} == {"duplicates"}
    assert len({cell.name for cell in cells}) == 2


def test_a_member_of_the_focal_loss_is_trained_again_without_the_smoothing_of_older_records(recorded_run: Path) -> None:
    record = (recorded_run / RECORD).read_text()
    (recorded_run / RECORD).write_text(record.replace("loss: cross_entropy", "loss: focal"))
    config = read_run(recorded_run).record.config
    assert config.label_smoothing == 0.1
    cells = retraining_cells([config] * 2, prefix="mine", data_fingerprint="one")
    assert {cell.config.label_smoothing for cell in cells} == {0.0}


def test_a_member_that_learned_from_soft_labels_is_not_trained_again_without_them(tmp_path: Path) -> None:
    config = RunConfig(network="cnn", soft_labels=str(tmp_path / "none.npz"))
    with pytest.raises(DatasetError, match="no readable soft labels"):
        retraining_cells([config] * 2, prefix="mine", data_fingerprint="one")


def test_two_members_may_be_the_same_network(tmp_path: Path, write_recorded_run: Callable[..., Path]) -> None:
    runs = [write_recorded_run(tmp_path / f"run{seed}", seed=seed) for seed in range(3)]
    card = assemble(runs, tmp_path / "mine", name="mine")
    assert [member.name for member in card.members] == ["compact_vgg", "compact_vgg 2", "compact_vgg 3"]


def test_all_are_listed_by_their_recorded_answers_and_equals_in_their_order(
    tmp_path: Path, write_recorded_run: Callable[..., Path]
) -> None:
    names = [f"run{number:02}" for number in range(8)]
    for name in names:
        write_recorded_run(tmp_path / name, images=7)
    small = write_recorded_run(tmp_path / "small", seed=1)
    (small / RECORD).write_text((small / RECORD).read_text().replace("int8_of: null", "int8_of: run00"))
    table = candidates([tmp_path])
    for folder, told in zip(table["folder"], table["val_accuracy"], strict=True):
        answers = read_run(folder).splits["validation"]
        assert told == (answers.probabilities.argmax(axis=1) == answers.labels).mean() != 0.4
    assert [name for name in table["run"] if name != "small"] == names


def test_a_run_without_answers_on_validation_is_listed_by_its_kept_epoch(recorded_run: Path) -> None:
    run = read_run(recorded_run)
    held_out = {"holdout": run.splits["holdout"]}
    write_run(run.folder, run.record, run.history.to_dict("records"), held_out)
    assert candidates([recorded_run.parent])["val_accuracy"].tolist() == [0.4]
