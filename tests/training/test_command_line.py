import pytest
import typer
from typer.testing import CliRunner

from fer_core.commands.config_flags import configuration, with_config_flags
from fer_core.training.command_line import command, config_flags
from fer_core.training.config import RunConfig
from fer_core.training.presets import presets


def read_back(flags: list[str]) -> RunConfig:
    """What the command line makes of flags."""
    read = []

    @with_config_flags
    def collect(*, fields: dict) -> None:
        read.append(configuration(None, fields))

    app = typer.Typer()
    app.command()(collect)
    result = CliRunner().invoke(app, flags)
    assert result.exit_code == 0, result.output
    return read[0]


@pytest.mark.parametrize("name", presets())
def test_flags_of_each_preset_give_the_preset_again(name: str) -> None:
    assert read_back(config_flags(presets()[name])) == presets()[name]


def test_the_command_names_only_what_is_not_the_default() -> None:
    assert command("train", RunConfig(), data="drawn") == ["train", "--data", "drawn"]
    assert command("train", RunConfig(flip_averaging=False, epochs=3), to="runs/a", device="cpu") == [
        "train",
        *["--epochs", "3", "--no-flip-averaging", "--to", "runs/a", "--device", "cpu"],
    ]
