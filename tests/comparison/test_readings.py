import dataclasses
import json
import shutil

import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.comparison.readings import READINGS, read_readings
from fer_core.datasets.store import save_dataset
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard


@pytest.fixture
def card(tiny_card, tmp_path):
    for file in tiny_card.parent.glob("*"):
        shutil.copy(file, tmp_path)
    return tmp_path / tiny_card.name


@pytest.fixture(scope="module")
def data(tmp_path_factory, drawn):
    """Drawn faces that pass for photographed ones: readings of drawn ones are not logged."""
    path = tmp_path_factory.mktemp("data") / "photographs.npz"
    save_dataset(dataclasses.replace(drawn, synthetic=False), path)
    return path


def evaluated(*arguments):
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    assert result.exit_code == 0, result.stderr


def test_each_reading_of_test_images_is_logged_beside_the_card_in_order(card, data):
    evaluated("--data", data, "--model", card, "--split", "private")
    evaluated("--data", data, "--model", card, "--split", "public")
    first, second = read_readings(card.parent)
    assert (first.split, second.split) == ("private", "public")
    assert first.interval.low <= first.accuracy <= first.interval.high
    assert first.time <= second.time


def test_validation_and_what_is_not_to_be_logged_are_not(card, data):
    evaluated("--data", data, "--model", card, "--split", "validation")
    evaluated("--data", data, "--model", card, "--split", "private", "--no-log")
    evaluated("--data", data, "--model", next(card.parent.glob("*.onnx")), "--split", "private")
    assert not (card.parent / READINGS).exists()


def test_drawn_faces_are_no_test_images(card, drawn, tmp_path):
    save_dataset(drawn, tmp_path / "drawn.npz")
    evaluated("--data", tmp_path / "drawn.npz", "--model", card, "--split", "private")
    assert not (card.parent / READINGS).exists()


def test_readings_of_another_ensemble_are_told_apart_and_broken_lines_passed_over(card, data):
    evaluated("--data", data, "--model", card, "--split", "private")
    with (card.parent / READINGS).open("ab") as file:
        file.write(b"{half a li\n\n\xff\xfe no text\n")
    (reading,) = read_readings(card.parent)
    assert reading.is_of(EnsembleCard.read(card))
    assert not reading.is_of(EnsembleCard.read(card).model_copy(update={"flip_averaging": False}))


def test_another_name_or_calibration_of_the_same_networks_forgets_no_reading(card, data):
    evaluated("--data", data, "--model", card, "--split", "private")
    before = EnsembleCard.read(card)
    after = before.model_copy(update={"name": "renamed", "temperature": 2.0, "not_sure_below": 0.5})
    card.write_text(after.model_dump_json())
    evaluated("--data", data, "--model", card, "--split", "private")
    found = read_readings(card.parent)
    assert [(reading.name, reading.temperature) for reading in found] == [("tiny ensemble", 0.8), ("renamed", 2.0)]
    assert all(reading.is_of(each) for reading in found for each in (before, after))


def test_lines_from_before_the_networks_were_told_apart_stay_readable(card, data):
    evaluated("--data", data, "--model", card, "--split", "private")
    line = json.loads((card.parent / READINGS).read_text())
    del line["choice"], line["temperature"]
    (card.parent / READINGS).write_text(json.dumps(line) + "\n")
    (reading,) = read_readings(card.parent)
    assert reading.temperature is None
    assert not reading.is_of(EnsembleCard.read(card).model_copy(update={"temperature": 2.0}))


def test_both_test_parts_were_read_with_the_shipped_networks_once_for_each_kind_of_labels():
    card = EnsembleCard.read(SHIPPED_CARD)
    own = [reading for reading in read_readings(SHIPPED_CARD.parent) if reading.is_of(card)]
    assert len({(reading.split, reading.labels_by) for reading in own}) == len(own) == 4


def test_where_it_cannot_be_logged_the_result_comes_with_a_note(card, data):
    (card.parent / READINGS).mkdir()
    result = CliRunner().invoke(app, ["evaluate", "--data", str(data), "--model", str(card), "--split", "private"])
    assert result.exit_code == 0
    assert "tiny ensemble on private" in result.stdout
    assert "readings.jsonl: this reading is not logged" in result.stderr
    assert "--no-log" in result.stderr
