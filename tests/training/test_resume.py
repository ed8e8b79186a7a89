import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.store import save_dataset
from fer_core.training.callbacks import Guard
from fer_core.training.config import RunConfig
from fer_core.training.errors import DivergedError, RunStoppedError
from fer_core.training.fit import fit
from fer_core.training.folder import CHECKPOINT, CONFIG, read_state
from fer_core.training.record import MODEL, RUN_FILES, read_run
from fer_core.training.run import train
from fer_core.training.split import split_of
from fer_core.training.study import PrunedError

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_stopped_run_learns_what_one_that_was_not_stopped_does(tmp_path: Path, drawn, quick: RunConfig) -> None:
    config = quick.changed(epochs=3, augmentation="modern", dropout=0.3, mixup=0.2)
    split = split_of(config, drawn)

    def stop(row: dict[str, float]) -> None:
        raise RunStoppedError

    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    whole = fit(config, drawn, split, tmp_path / "whole", verbose=0)
    with pytest.raises(RunStoppedError):
        fit(config, drawn, split, tmp_path / "stopped", on_epoch=stop, verbose=0)
    resumed = fit(config, drawn, split, tmp_path / "stopped", verbose=0)
    for name in ("epoch", "learning_rate", "loss", "val_loss"):
        np.testing.assert_allclose([row[name] for row in resumed], [row[name] for row in whole], rtol=1e-4)


def signalled(number: int, flags: list[str], checkpoint: Path, epochs: int) -> tuple[int, list[dict[str, float]]]:
    """Exit code of a training that gets a signal after so many epochs, and the history that is left of it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fer_core", "train", *flags],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len((read_state(checkpoint) or {"history": []})["history"]) < epochs:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=120)
    return process.returncode, read_state(checkpoint)["history"]


@pytest.mark.slow
def test_a_stopped_and_then_killed_run_resumes_from_its_last_epoch(tmp_path: Path, drawn) -> None:
    folder, data, options = tmp_path / "run", tmp_path / "drawn.npz", ["--no-track", "--quiet"]
    save_dataset(drawn, data)
    flags = ["--network", "cnn", "--epochs", "8", "--batch-size", "16", "--data", str(data), "--to", str(folder)]
    resumed = ["--resume", str(folder), *options]
    code, stopped = signalled(signal.SIGTERM, [*flags, *options], folder / CHECKPOINT, 1)
    assert code == 143
    code, killed = signalled(signal.SIGKILL, resumed, folder / CHECKPOINT, len(stopped) + 1)
    assert code == -signal.SIGKILL
    assert len(stopped) < len(killed) < 8
    assert CliRunner().invoke(app, ["train", *resumed]).exit_code == 0
    history = read_state(folder / CHECKPOINT)["history"]
    assert history[: len(killed)] == killed
    assert killed[: len(stopped)] == stopped
    assert [row["epoch"] for row in history] == list(range(1, 9))
    assert read_run(folder).record.kept_epoch <= 8


@pytest.mark.slow
def test_a_run_ended_by_a_second_signal_goes_on_from_its_last_epoch_in_any_thread(
    tmp_path: Path, drawn, quick: RunConfig
) -> None:
    def ask_twice(row: dict[str, float]) -> None:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)

    split = split_of(quick, drawn)
    with pytest.raises(KeyboardInterrupt):
        fit(quick, drawn, split, tmp_path, on_epoch=ask_twice, verbose=0)
    assert [row["epoch"] for row in read_state(tmp_path)["history"]] == [1]
    with ThreadPoolExecutor() as pool:
        history = pool.submit(fit, quick, drawn, split, tmp_path, verbose=0).result()
    assert [row["epoch"] for row in history] == [1, 2]


@pytest.mark.slow
def test_a_run_stopped_after_its_last_batch_is_recorded_when_it_goes_on(tmp_path: Path, drawn) -> None:
    config = RunConfig(network="cnn", epochs=1, batch_size=128, precision="float32", schedule="constant")
    folder, epochs = tmp_path / "run", []

    def ask(row: dict[str, float]) -> None:
        epochs.append(row["epoch"])
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(RunStoppedError, match="after the last epoch; it is recorded when it goes on"):
        train(config, drawn, folder, on_epoch=ask, verbose=0)
    assert {path.name for path in folder.iterdir()} == {CHECKPOINT, CONFIG}
    record = train(config, drawn, folder, on_epoch=ask, verbose=0)
    assert epochs == [1]
    assert read_run(folder).record == record


@pytest.mark.slow
def test_a_run_given_up_while_it_was_asked_to_stop_is_stopped(tmp_path: Path, drawn, quick: RunConfig) -> None:
    def give_up(row: dict[str, float]) -> None:
        signal.raise_signal(signal.SIGTERM)
        raise PrunedError("others were better by then")

    with pytest.raises(RunStoppedError, match="stopped after epoch 1"):
        fit(quick, drawn, split_of(quick, drawn), tmp_path, on_epoch=give_up, verbose=0)
    assert len(read_state(tmp_path)["history"]) == 1


def test_a_run_that_diverges_while_it_was_asked_to_stop_is_stopped() -> None:
    with pytest.raises(RunStoppedError):
        Guard(stopped=lambda: True).on_train_batch_end(0, {"loss": float("nan")})
    with pytest.raises(DivergedError):
        Guard(stopped=lambda: False).on_train_batch_end(0, {"loss": float("nan")})


@pytest.mark.slow
def test_what_a_process_killed_while_recording_left_is_gone_once_the_run_is_recorded(
    tmp_path: Path, drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = RunConfig(network="cnn", epochs=1, batch_size=128, precision="float32", schedule="constant")
    folder = tmp_path / "run"

    def end(*_: object) -> None:
        shutil.copytree(folder, tmp_path / "as it was")
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("fer_core.training.export.store_in_half", end)
        with pytest.raises(KeyboardInterrupt):
            train(config, drawn, folder, verbose=0)
    shutil.copytree(tmp_path / "as it was", folder, dirs_exist_ok=True)
    assert len(list(folder.rglob(MODEL))) == 1
    train(config, drawn, folder, verbose=0)
    assert {path.name for path in folder.iterdir()} == {CHECKPOINT, CONFIG, MODEL, *RUN_FILES}
