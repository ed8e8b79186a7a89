import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import typer

from fer_core.commands.config_flags import configuration
from fer_core.training import run
from fer_core.training.config import RunConfig
from fer_core.training.errors import RunStoppedError
from fer_core.training.folder import CHECKPOINT, STATE, best_weights
from fer_core.training.record import RECORD, RecordError, read_run
from fer_core.training.run import train
from fer_core.training.warm_start import WarmStartError, warm_start, warm_starts
from tests.training.records import keep_weights


@pytest.fixture
def first(write_recorded_run, tmp_path: Path) -> Path:
    """A finished run whose weights were kept."""
    folder = write_recorded_run(tmp_path / "first")
    keep_weights(folder)
    return folder


def going_on(first: Path, **changes: object) -> RunConfig:
    return read_run(first).record.config.changed(weights_from=str(first), **changes)


def test_a_run_begins_with_the_kept_weights_of_another_and_says_whose(first: Path) -> None:
    weights, told = warm_start(going_on(first, learning_rate=0.01), "0123456789abcdef")
    assert weights.read_bytes() == b"weights"
    assert told == "first (random, after epoch 2)"
    assert warm_start(RunConfig(), "0123456789abcdef") is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network": "compact_resnet"}, "has network compact_vgg, expected compact_resnet"),
        ({"activation": "elu"}, "has activation relu, expected elu"),
        ({"split_seed": 7}, "has split_seed 0, expected 7"),
        ({"holdout": False}, "has holdout True, expected False"),
    ],
)
def test_another_network_or_split_is_refused(first: Path, changes: dict[str, object], told: str) -> None:
    with pytest.raises(WarmStartError, match=told):
        warm_start(going_on(first, **changes), "0123456789abcdef")


def test_other_data_and_weights_that_were_not_kept_are_refused(first: Path) -> None:
    with pytest.raises(WarmStartError, match="was trained on the data set 0123456789abcdef, expected other"):
        warm_start(going_on(first), "other")
    best_weights(first / CHECKPOINT).unlink()
    with pytest.raises(WarmStartError, match=f"{first / CHECKPOINT} keeps no weights; start from a run"):
        warm_start(going_on(first), "0123456789abcdef")
    assert warm_starts(first.parent) == []


def test_weights_are_kept_only_where_a_readable_state_names_them(first: Path) -> None:
    assert warm_starts(first.parent) == [first]
    for damaged in ("{", "{}", '{"history": []}'):
        (first / CHECKPOINT / STATE).write_text(damaged)
        assert warm_starts(first.parent) == []


def test_pretrained_weights_and_those_of_a_run_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="pretrained: the weights are those of weights_from"):
        RunConfig(network="face_resnet", pretrained=True, weights_from="runs/one")


def test_network_and_split_are_those_of_the_run_that_is_started_from(first: Path, tmp_path: Path) -> None:
    fields = {"weights_from": str(first), "seed": 7}
    assert configuration(None, fields) == RunConfig(network="compact_vgg", holdout=True, **fields)
    assert configuration(None, fields | {"network": "cnn"}).network == "cnn"
    with pytest.raises(typer.BadParameter, match=r"weights_from: .*nowhere"):
        configuration(None, {"weights_from": str(tmp_path / "nowhere")})


@pytest.mark.slow
def test_a_restart_goes_on_where_the_other_run_was(tmp_path: Path, drawn, quick: RunConfig) -> None:
    """With steps too small to matter, the first epoch is as good as the kept one was; the moving average too."""
    train(quick, drawn, tmp_path / "first", verbose=0)
    before = read_run(tmp_path / "first")
    still = {"learning_rate": 1e-9, "weight_decay": 0, "epochs": 1, "ema": 0.9, "weights_from": str(tmp_path / "first")}
    record = train(quick.changed(**still), drawn, tmp_path / "second", verbose=0)
    after = read_run(tmp_path / "second")
    assert record.weights_from == f"first (random, after epoch {before.record.kept_epoch})"
    np.testing.assert_allclose(
        after.splits["validation"].probabilities, before.splits["validation"].probabilities, atol=0.05
    )


def test_a_run_goes_on_when_the_one_it_began_with_is_gone(
    first: Path, drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun_with = []

    def stop(*_: object, start: Path | None, **__: object) -> None:
        begun_with.append(start)
        raise RunStoppedError("stopped")

    monkeypatch.setattr(run, "fit", stop)
    record = (first / RECORD).read_text()
    (first / RECORD).write_text(record.replace("0123456789abcdef", drawn.fingerprint))
    config, folder = going_on(first), tmp_path / "second"
    with pytest.raises(RunStoppedError):
        train(config, drawn, folder, verbose=0)
    assert begun_with == [best_weights(first / CHECKPOINT)]
    shutil.rmtree(first)
    with pytest.raises(RecordError, match="first"):  # it still needs the weights
        train(config, drawn, folder, verbose=0)
    state = {"weights": "epoch1.weights.h5", "best": "best1.weights.h5", "kept_epoch": 1, "history": [{"epoch": 1}]}
    (folder / CHECKPOINT / STATE).write_text(json.dumps(state))
    with pytest.raises(RunStoppedError):
        train(config, drawn, folder, verbose=0)
    assert begun_with[1:] == [None]
    monkeypatch.setattr(run, "fit", lambda *_, **__: [])
    monkeypatch.setattr(run, "_record", lambda *arguments: arguments[-1]["weights_from"])
    assert train(config, drawn, folder, verbose=0) == "first (random, after epoch 2)"
    given = {name: value for name, value in config.model_dump().items() if value is not None}
    assert configuration(None, given) == config  # the same command, as of a job that is resumed
