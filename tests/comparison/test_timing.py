import re

from typer.testing import CliRunner

from fer_core.commands.runs import app
from fer_core.comparison.leaderboard import rows_of
from fer_core.comparison.places import find_entries, places
from fer_core.comparison.statistics import compute
from fer_core.comparison.timing import model_files, read_timings, record_timing
from fer_core.prediction.ensemble import Ensemble


def row(where, key):
    entries = tuple(entry for entry in find_entries(where) if entry.key == key)
    return rows_of(entries, {key: compute(entries[0])}, {}, where)[key]


def test_measured_speed_stands_in_the_row_until_the_content_changes(recorded, model_writer):
    folder = recorded.own / "mine"
    model_writer(folder / "model.onnx")
    record_timing(row(recorded, "mine").entry, recorded, rounds=2)
    assert row(recorded, "mine").timing.milliseconds > 0
    assert row(recorded, "mine").megabytes > 0
    history = folder / "history.csv"
    history.write_text(history.read_text() + "13" + ",0.5" * 8 + "\n")
    assert row(recorded, "mine").timing is None


def test_a_run_is_timed_as_it_answers_with_or_without_its_mirror_image(recorded, model_writer, monkeypatch):
    folder = recorded.own / "mine"
    model_writer(folder / "model.onnx")
    asked, of_model = [], Ensemble.of_model
    monkeypatch.setattr(
        Ensemble, "of_model", lambda path, **options: asked.append(options) or of_model(path, **options)
    )
    record = folder / "run.yaml"
    for answer in ("true", "false"):
        record.write_text(re.sub("flip_averaging: .*", f"flip_averaging: {answer}", record.read_text()))
        record_timing(row(recorded, "mine").entry, recorded, rounds=1)
    assert asked == [{"flip_averaging": True}, {"flip_averaging": False}]


def test_the_command_measures_what_has_a_network(recorded, model_writer, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(recorded.shipped / "none"))
    monkeypatch.setenv("FER_RUNS", str(recorded.own))
    model_writer(recorded.own / "mine" / "model.onnx")
    result = CliRunner().invoke(app, ["time", "--rounds", "1"])
    assert result.exit_code == 0, result.output
    assert "mine" in result.stdout
    assert list(read_timings(recorded.timings("own"))) == ["mine"]


def test_what_ships_is_timed_where_it_is_looked_for_also_by_its_path(recorded, model_writer, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(recorded.shipped))
    monkeypatch.setenv("FER_RUNS", str(recorded.own))
    folder = recorded.shipped / "runs" / "compact_vgg"
    model_writer(folder / "model.onnx")
    result = CliRunner().invoke(app, ["time", str(folder), "--rounds", "1"])
    assert result.exit_code == 0, result.output
    assert row(recorded, "compact_vgg").timing
    assert not recorded.timings("own").exists()


def test_a_run_without_its_network_is_told(recorded, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(recorded.shipped / "none"))
    monkeypatch.setenv("FER_RUNS", str(recorded.own))
    result = CliRunner().invoke(app, ["time", "mine"])
    assert result.exit_code == 1
    assert "its network was not kept" in result.stderr


def test_speeds_that_ship_are_of_what_ships():
    where = places()
    digests = {entry.key: entry.digest for entry in find_entries(where) if entry.origin == "shipped"}
    found = read_timings(where.timings("shipped"))
    assert {key: timing.digest for key, timing in found.items()} == {key: digests.get(key) for key in found}


def test_shipped_networks_stand_beside_the_card(recorded):
    entries = {entry.key: entry for entry in find_entries(recorded)}
    assert model_files(entries["compact_vgg"]) == [recorded.shipped / "compact_vgg.onnx"]
    assert len(model_files(entries["ensemble"])) == 3
    assert model_files(entries["mine"]) == []
