import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.splits import split_training
from fer_core.training.batches import Batches
from fer_core.training.config import RunConfig
from fer_core.training.estimate import estimate


@pytest.mark.slow
def test_an_estimate_scales_measured_steps_up_to_the_whole_run(drawn, quick: RunConfig) -> None:
    config = RunConfig(**{**quick.model_dump(), "epochs": 10, "small_epochs": 4, "small_size": 24, "batch_size": 16})
    split = split_training(drawn, seed=0)
    found = estimate(config, drawn, split, seconds=0)
    assert found.parameters == 1_167_015
    assert found.images == len(Batches(drawn, split.train, config)) * 16
    assert found.epoch_seconds >= found.images / found.images_per_second
    assert abs(found.total_seconds / found.epoch_seconds - (6 + 4 * 0.25)) < 1e-6
    assert found.memory_bytes > 0


def test_a_network_that_does_not_fit_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor")

    monkeypatch.setattr("fer_core.training.estimate.network_of", full)
    result = CliRunner().invoke(app, ["estimate", "--data", "drawn", "--batch-size", "4096"])
    assert result.exit_code == 1
    assert result.stderr == "memory is not enough for batches of 4096: lower batch_size or input_size\n"
