import json
import shutil

import pytest
import typer
from typer.testing import CliRunner

from fer_core.commands.evaluate import evaluate
from fer_core.datasets.ferplus import VOTES
from fer_core.datasets.store import save_dataset
from fer_core.emotions import EMOTIONS

app = typer.Typer()
app.command()(evaluate)


@pytest.fixture(scope="module")
def stored(tmp_path_factory, drawn):
    path = tmp_path_factory.mktemp("data") / "drawn.npz"
    save_dataset(drawn, path)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("split", ["validation", "public", "private", "test"])
def test_json_is_the_only_thing_on_stdout(stored, tiny_card, split):
    result = run("--data", stored, "--model", tiny_card, "--split", split, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert found["split"] == split
    assert found["images"] == sum(map(sum, found["confusion"]))
    assert list(found["auc"]) == list(EMOTIONS)
    assert [member["name"] for member in found["members"]] == ["tiny0", "tiny1", "tiny2"]
    assert found["code_version"]


def test_tables_show_the_same_for_people(stored, tiny_card):
    result = run("--data", stored, "--model", tiny_card)
    assert result.exit_code == 0
    for words in ("tiny ensemble on test", "95% interval", "accuracy of tiny2", *EMOTIONS):
        assert words in result.stdout


def test_the_folder_of_a_model_is_taken_too(stored, tiny_card):
    named, folder = (run("--data", stored, "--model", path, "--json").stdout for path in (tiny_card, tiny_card.parent))
    assert json.loads(named) == json.loads(folder)


def test_a_single_network_is_measured_alone(stored, tiny_models):
    found = json.loads(run("--data", stored, "--model", tiny_models[1], "--json").stdout)
    assert found["members"] == [{"name": "tiny1", "accuracy": found["accuracy"]}]


def test_of_another_data_set_than_the_ensembles_no_image_is_called_new_to_it(stored, drawn, tiny_card, tmp_path):
    for split in ("validation", "test"):
        other = run("--data", stored, "--model", tiny_card, "--split", split, "--json")
        assert "may have been trained on images that it is measured on" in other.stderr
        assert json.loads(other.stdout)["without_train_duplicates"] is None
    shutil.copytree(tiny_card.parent, tmp_path / "own")
    card = json.loads(tiny_card.read_text())
    own = tmp_path / "own" / tiny_card.name
    own.write_text(json.dumps(card | {"data_fingerprint": drawn.fingerprint}))
    same = run("--data", stored, "--model", own, "--json")
    assert "may have been trained" not in same.stderr
    assert json.loads(same.stdout)["without_train_duplicates"]["images"] < json.loads(same.stdout)["images"]


def test_drawn_faces_are_called_drawn(stored, tiny_card):
    assert "faces of this data set are drawn" in run("--data", stored, "--model", tiny_card, "--json").stderr


def test_missing_data_and_models_are_one_sentence_and_exit_code_1(tmp_path, stored, tiny_card):
    for arguments, words in (
        (("--data", tmp_path / "away.zip", "--model", tiny_card), "away.zip: no such file or folder"),
        (("--data", stored, "--model", tmp_path / "away.onnx"), "away.onnx: the model can't be read"),
        (("--data", stored, "--model", tmp_path / "away.json"), "away.json: the ensemble card can't be read"),
    ):
        result = run(*arguments, "--json")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert words in result.stderr
        assert len(result.stderr.strip().splitlines()) <= 2


def test_an_unknown_split_is_wrong_usage(stored):
    assert run("--data", stored, "--split", "train").exit_code == 2


def test_the_majority_of_ferplus_can_take_the_place_of_the_labels(stored, drawn, tiny_card, tmp_path):
    table = tmp_path / "votes.csv"
    head = "file,row," + ",".join(f"ferplus_{name}" for name in VOTES)
    rows = (f"{name},{row},9,0,0,0,0,0,0,0,0,1" for row, name in enumerate(drawn.names))
    table.write_text("\n".join([head, *rows]) + "\n")
    found = json.loads(run("--data", stored, "--model", tiny_card, "--ferplus", table, "--json").stdout)
    assert found["labels_by"] == "FER+ majority"
    neutral = found["confusion"][EMOTIONS.index("neutral")]
    assert sum(neutral) == found["images"]
    tables = run("--data", stored, "--model", tiny_card, "--ferplus", table).stdout
    assert "labels: FER+ majority" in " ".join(tables.split())
