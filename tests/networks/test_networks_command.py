import json

import pytest
import typer
from typer.testing import CliRunner

from fer_core.commands import networks as command
from fer_core.networks import NETWORKS

SMALL = ("cnn", "compact_vgg")


@pytest.fixture
def run(monkeypatch):
    """Runs the command over two of the networks."""
    monkeypatch.setattr(command, "NETWORKS", {name: NETWORKS[name] for name in SMALL})
    app = typer.Typer()
    app.command()(command.networks)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_table_has_a_line_a_network_and_the_waiting_message_goes_to_stderr(run):
    result = run()
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].split()[:4] == ["name", "network_input", "parameters", "multiply_adds"]
    assert lines[1].split()[:5] == ["cnn", "48x48x1", "355,847", "13,719,552", "7"]
    assert lines[2].startswith("compact_vgg")
    assert "Keras" in result.stderr
    assert "Building" not in result.stdout


def test_json_is_alone_on_stdout(run):
    cnn, compact = json.loads(run("--json").stdout)["networks"]
    assert (cnn["name"], cnn["report"], cnn["class_maps"]) == ("cnn", True, False)
    assert (cnn["input_shape"], cnn["network_input"], cnn["output_shape"]) == ([48, 48, 1], [48, 48, 1], [7])
    assert (cnn["parameters"], cnn["multiply_adds"]) == (355_847, 13_719_552)
    assert compact["class_maps"]


def test_layers_of_one_network_are_listed(run):
    found = json.loads(run("--layers", "cnn", "--json").stdout)
    assert found["name"] == "cnn"
    assert found["layers"][1] == {
        "name": "conv1",
        "kind": "Conv2D",
        "output_shape": [46, 46, 32],
        "parameters": 320,
        "multiply_adds": 46 * 46 * 288,
    }
    assert "46x46x32" in run("--layers", "cnn").stdout


def test_layers_of_an_unknown_network_is_wrong_usage(run):
    result = run("--layers", "vgg16")
    assert result.exit_code == 2
    assert "vgg16" in result.stderr
    assert "compact_vgg" in result.stderr
