import os
from pathlib import Path

import keras
import pytest
from keras import layers

from fer_core.training.checkpoint import EpochCheckpoint, read_weights, write_weights
from fer_core.training.errors import RunFailedError
from fer_core.training.folder import STATE, history_of, read_state


def checkpoint(folder: Path, small_epochs: int = 0) -> EpochCheckpoint:
    """Of a tiny network, going on where the folder is."""
    network = keras.Sequential([layers.Input((2,)), layers.Dense(1)], name="tiny")
    model = keras.Sequential([layers.Input((2,)), network])
    model.compile(optimizer="sgd", loss="mse")
    state = read_state(folder)
    callback = EpochCheckpoint(
        folder, network, state["history"] if state else [], lambda row: None, small_epochs=small_epochs
    )
    callback.set_model(model)
    return callback


def kept(folder: Path) -> int:
    """The kept epoch, once what stands in the folder is what the state names."""
    state = read_state(folder)
    assert {path.name for path in folder.iterdir()} == {STATE, state["weights"], state["best"]}
    return state["kept_epoch"]


def test_the_kept_epoch_is_the_best_at_full_size_whenever_the_run_was_stopped(tmp_path: Path) -> None:
    found = []
    for epoch, accuracy in enumerate((0.5, 0.6, 0.4, 0.45, 0.3)):
        checkpoint(tmp_path, small_epochs=2).on_epoch_end(epoch, {"val_accuracy": accuracy})
        found.append(kept(tmp_path))
    assert found == [1, 2, 3, 4, 4]


def test_an_epoch_that_cannot_be_written_leaves_what_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    callback = checkpoint(tmp_path)
    callback.on_epoch_end(0, {"val_accuracy": 0.5})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(path: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(callback.model, "save_weights", full)
    with pytest.raises(RunFailedError, match=r"epoch2\.weights\.h5: can't be written \(No space left on device\)"):
        callback.on_epoch_end(1, {"val_accuracy": 0.6})
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    checkpoint(tmp_path).on_epoch_end(1, {"val_accuracy": 0.4})  # redone, on another processor
    assert kept(tmp_path) == 1


def test_a_file_that_another_process_wrote_stays_where_it_cannot_be_replaced(tmp_path: Path) -> None:
    theirs = tmp_path / "best1.weights.h5"
    theirs.write_bytes(b"theirs")

    def locked(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("Resource temporarily unavailable")

    with pytest.raises(RunFailedError, match=r"best1\.weights\.h5: can't be written"):
        write_weights(locked, theirs)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(theirs.name, b"theirs")]


def test_weights_are_on_the_disk_before_a_state_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, fsync = [], os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    checkpoint(tmp_path).on_epoch_end(0, {"val_accuracy": 0.5})
    state = read_state(tmp_path)
    order = [synced.index((tmp_path / name).stat().st_ino) for name in (state["best"], state["weights"], STATE)]
    assert order == sorted(order)


def test_a_damaged_checkpoint_is_told_with_its_file_and_what_to_do(tmp_path: Path) -> None:
    callback = checkpoint(tmp_path)
    callback.on_epoch_end(0, {"val_accuracy": 0.5})
    weights = tmp_path / read_state(tmp_path)["weights"]
    weights.write_bytes(weights.read_bytes()[:100])
    told = rf"epoch1\.weights\.h5: can't be read \(.+\); delete {tmp_path} to train this run from its beginning"
    with pytest.raises(RunFailedError, match=told):
        read_weights(callback.model.load_weights, weights)
    weights.unlink()
    with pytest.raises(RunFailedError, match=r"epoch1\.weights\.h5: can't be read"):
        read_weights(callback.model.load_weights, weights)
    for damaged in ("", "{", "[]", "3", '{"history": []}'):
        (tmp_path / STATE).write_text(damaged)
        with pytest.raises(RunFailedError, match=rf"state\.json: can't be read .*; delete {tmp_path} to train"):
            read_state(tmp_path)
    assert history_of(tmp_path.parent).empty
