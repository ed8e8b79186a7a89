import shutil

import pytest

from fer_core.comparison.models import read_model
from fer_core.comparison.places import Places, entry_of, find_entries
from tests.comparison.records import write_ensemble, write_record


def keys(where: Places) -> list[str]:
    return [entry.key for entry in find_entries(where)]


def test_nothing_recorded_is_no_error(where):
    assert find_entries(where) == ()


def test_shipped_and_own_records_and_ensembles_are_found(recorded):
    assert keys(recorded) == ["ensemble", "compact_densenet", "compact_resnet", "compact_vgg", "mine"]
    assert [entry.origin for entry in find_entries(recorded)] == ["shipped"] * 4 + ["own"]


def test_runs_of_studies_and_shipped_experiments_are_found(recorded):
    write_record(recorded.shipped / "experiments" / "base-cnn", seed=4, network="cnn")
    write_record(recorded.own / "grid-vgg" / "grid-vgg-0.01-sgd-elu", seed=5, network="vgg")
    (recorded.own / "grid-vgg" / "study.json").write_text("{}")
    found = {entry.key: (entry.kind, entry.origin) for entry in find_entries(recorded)}
    assert found["base-cnn"] == ("run", "shipped")
    assert found["grid-vgg-0.01-sgd-elu"] == ("run", "own")


def test_the_network_that_stands_in_for_an_ensemble_is_an_entry_with_its_cards_threshold(recorded, monkeypatch):
    run = recorded.shipped / "runs" / "compact_vgg"
    write_ensemble(recorded.shipped, [run], name="quick", file="fast.json")
    write_ensemble(recorded.own / "mine too", [run], name="own", file="fast.json")
    found = {entry.key: entry for entry in find_entries(recorded) if entry.kind == "fast"}
    assert {key: entry.origin for key, entry in found.items()} == {"fast": "shipped", "mine too-fast": "own"}
    model = read_model(found["fast"])
    assert (model.title, model.temperature, model.threshold) == ("quick", 0.8, 0.4)
    assert entry_of(str(recorded.shipped / "fast.json"), recorded).kind == "fast"
    monkeypatch.chdir(recorded.own / "mine too")
    assert entry_of("fast.json", recorded).key == "mine too-fast"


def test_the_same_content_under_two_names_is_one(recorded):
    shutil.copytree(recorded.shipped / "runs" / "compact_vgg", recorded.own / "ensemble-members" / "member-2")
    assert "member-2" not in keys(recorded)


def test_the_same_record_in_two_places_is_one(recorded):
    shutil.copytree(recorded.shipped / "runs" / "compact_vgg", recorded.own / "compact_vgg")
    assert keys(recorded).count("compact_vgg") == 1
    assert not any(entry.problem for entry in find_entries(recorded))


def test_another_record_of_a_taken_name_is_named_as_a_problem(recorded):
    write_record(recorded.own / "compact_vgg", seed=9)
    first, second = (entry for entry in find_entries(recorded) if entry.key.startswith("compact_vgg"))
    assert (first.origin, first.problem) == ("shipped", None)
    assert second.key == "compact_vgg (own)"
    assert "has the same name" in second.problem


def test_each_record_of_one_name_is_an_entry(recorded):
    for study in ("first", "second", "third"):
        write_record(recorded.own / study / "compact_vgg", seed=len(study))
    found = {entry.key: entry for entry in find_entries(recorded) if entry.path.name == "compact_vgg"}
    assert list(found) == ["compact_vgg", "compact_vgg (own)", "compact_vgg (own 2)"]
    assert all(("has the same name" in (entry.problem or "")) == ("(own" in key) for key, entry in found.items())


def test_a_run_still_training_is_not_listed_but_one_that_lost_a_file_is(recorded):
    training = recorded.own / "training"
    (training / "checkpoint").mkdir(parents=True)
    (training / "history.csv").write_text("epoch\n1\n")
    (write_record(recorded.own / "lost", seed=5) / "run.yaml").unlink()
    assert "training" not in keys(recorded)
    assert "lost" in keys(recorded)


def test_a_changed_file_changes_the_digest(recorded):
    before = {entry.key: entry.digest for entry in find_entries(recorded)}
    history = recorded.shipped / "runs" / "compact_vgg" / "history.csv"
    history.write_text(history.read_text() + "99,1,1,1,1,1,1,1,1\n")
    after = {entry.key: entry.digest for entry in find_entries(recorded)}
    assert {key for key in before if before[key] != after[key]} == {"compact_vgg", "ensemble"}


def test_an_entry_is_found_by_name_folder_or_card(recorded):
    assert entry_of("mine", recorded).path == recorded.own / "mine"
    assert entry_of(str(recorded.own / "mine"), recorded).kind == "run"
    assert entry_of(str(recorded.shipped), recorded).kind == "ensemble"
    with pytest.raises(ValueError, match="nothing: no recorded run or ensemble; there are: ensemble, compact_densenet"):
        entry_of("nothing", recorded)


def test_what_a_path_names_is_of_the_place_that_it_stands_in(recorded, monkeypatch):
    write_record(recorded.imported / "logged", seed=3)
    monkeypatch.chdir(recorded.shipped)
    paths = ("ensemble.json", ".", "runs/compact_vgg", recorded.imported / "logged", recorded.own / "mine")
    found = [entry_of(str(path), recorded) for path in paths]
    assert [(entry.key, entry.origin) for entry in found] == [
        ("ensemble", "shipped"),
        ("ensemble", "shipped"),
        ("compact_vgg", "shipped"),
        ("logged", "imported"),
        ("mine", "own"),
    ]


def test_a_path_tells_which_of_two_records_of_one_name_is_meant(recorded):
    twin = write_record(recorded.own / "compact_vgg", seed=9)
    found = entry_of(str(twin), recorded)
    assert (found.key, found.origin, found.problem) == ("compact_vgg", "own", None)
    assert found.digest != entry_of("compact_vgg", recorded).digest
