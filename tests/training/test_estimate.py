from collections.abc import Iterable
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.splits import split_training
from fer_core.training.config import RunConfig
from fer_core.training.estimate import estimate


def clock(*, until: Iterable[float]) -> SimpleNamespace:
    """In place of `time`: each look at the clock tells the next of these seconds."""
    seconds = iter(until)
    return SimpleNamespace(perf_counter=lambda: next(seconds))


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [16, 1024])
def test_an_estimate_scales_measured_steps_up_to_the_whole_run(
    drawn: FaceDataset, quick: RunConfig, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    """Two steps of 100 seconds, in which the model is compiled, one of 2; half a second for the validation part."""
    monkeypatch.setattr("fer_core.training.estimate.time", clock(until=(1, 101, 201, 203, 300, 300.5)))
    changes = {"epochs": 10, "small_epochs": 4, "small_size": 24, "batch_size": batch_size}
    config = RunConfig(**quick.model_dump() | changes)
    split = split_training(drawn, seed=0)
    assert 16 < len(split.train) < 1024
    size = min(batch_size, len(split.train))
    steps = len(split.train) // size
    found = estimate(config, drawn, split, seconds=0)
    assert found.parameters == 1_167_015
    assert found.images == steps * size
    assert found.images_per_second == size / 2
    assert found.epoch_seconds == pytest.approx(steps * 2 + 0.5)
    assert found.total_seconds == pytest.approx(found.epoch_seconds * (6 + 4 * 0.25))


def test_a_network_that_does_not_fit_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor")

    monkeypatch.setattr("fer_core.training.estimate.network_of", full)
    result = CliRunner().invoke(app, ["estimate", "--data", "drawn", "--batch-size", "4096"])
    assert result.exit_code == 1
    assert result.stderr == "memory is not enough for batches of 4096: lower batch_size or input_size\n"
