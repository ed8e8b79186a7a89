import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fer_core.__main__ import app as commands
from fer_core.commands.config_flags import configuration, with_config_flags
from fer_core.training.command_line import command, config_flags
from fer_core.training.config import RunConfig
from fer_core.training.presets import presets
from fer_core.training.record import read_run


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


def test_flags_of_a_run_that_starts_from_another_say_what_that_one_would_fill(recorded_run: Path) -> None:
    wanted = RunConfig(weights_from=str(recorded_run))
    assert read_back(["--weights-from", str(recorded_run)]) != wanted
    assert read_back(config_flags(wanted)) == wanted


def invalid(content: bytes, tmp_path: Path) -> str:
    """What is said of a configuration file."""
    (tmp_path / "run.yaml").write_bytes(content)
    with pytest.raises(typer.BadParameter) as caught:
        configuration(tmp_path / "run.yaml", {})
    return str(caught.value)


def test_a_file_that_is_no_configuration_is_told_with_its_name(tmp_path: Path) -> None:
    for content in (b"- epochs\n", b"epochs 30", b"\xff\xfe\x00", b"epochs: ["):
        assert "run.yaml: " in invalid(content, tmp_path)
    assert "epochs: 30" in invalid(b"- epochs\n", tmp_path)
    assert "weights_from" in invalid(b"weights_from: 3", tmp_path)


def test_soft_labels_that_are_not_there_are_told_with_the_field(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"soft_labels: .*none\.npz: no readable soft labels"):
        configuration(None, {"soft_labels": str(tmp_path / "none.npz")})


@pytest.mark.parametrize("name", presets())
def test_flags_of_each_preset_give_the_preset_again(name: str) -> None:
    assert read_back(config_flags(presets()[name])) == presets()[name]


def test_the_command_names_only_what_is_not_the_default() -> None:
    assert command("train", RunConfig(), data="drawn") == ["train", "--data", "drawn"]
    assert command("train", RunConfig(flip_averaging=False, epochs=3), to="runs/a", device="cpu") == [
        "train",
        *["--epochs", "3", "--no-flip-averaging", "--to", "runs/a", "--device", "cpu"],
    ]


def test_the_command_line_starts_without_what_most_commands_need_not() -> None:
    heavy = ("keras", "tensorflow", "mlflow", "pandas", "sklearn", "scipy", "matplotlib")
    code = f"import sys, fer_core.__main__; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_runs_are_listed_with_the_accuracy_of_their_answers(
    recorded_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tmp_path / "own" / "study"
    study.mkdir(parents=True)
    shutil.copytree(recorded_run, study / recorded_run.name)
    shutil.copytree(recorded_run, tmp_path / "own" / ".imported" / "elsewhere")
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "own"))
    answer = CliRunner().invoke(commands, ["runs", "list"])
    split = read_run(recorded_run).splits["validation"]
    right = (split.probabilities.argmax(axis=1) == split.labels).mean()
    assert f"study/{recorded_run.name}\t" in answer.stdout
    assert "elsewhere" not in answer.stdout
    assert f"validation accuracy {right:.4f}" in answer.stdout
    answer = CliRunner().invoke(commands, ["runs", "list", str(tmp_path / "none")])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "no such folder" in answer.stderr
    answer = CliRunner().invoke(commands, ["runs", "list", str(recorded_run)])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == f"no recorded run in {recorded_run}\n"
