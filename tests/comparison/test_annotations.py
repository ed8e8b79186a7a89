from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fer_core.comparison.annotations import AnnotationError, annotate, deletable, delete, deleted_with, read_annotations
from fer_core.comparison.places import find_entries
from tests.comparison.records import write_ensemble, write_record


def entry(where, key):
    return next(entry for entry in find_entries(where) if entry.key == key)


def test_names_notes_and_pins_are_kept_and_nothing_said_leaves_no_trace(where):
    path = where.annotations
    annotate(path, "a", name="First", pinned=True)
    annotate(path, "b", note="later")
    annotate(path, "a", pinned=False)
    assert (read_annotations(path)["a"].name, read_annotations(path)["a"].pinned) == ("First", False)
    annotate(path, "a", name="")
    assert set(read_annotations(path)) == {"b"}


def test_what_two_say_at_once_is_both_kept(where):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: annotate(where.annotations, str(key), note="said"), range(40)))
    assert set(read_annotations(where.annotations)) == {str(key) for key in range(40)}


def test_what_cannot_be_said_is_told_with_its_reason(where):
    where.annotations.parent.parent.mkdir(parents=True, exist_ok=True)
    where.annotations.parent.write_text("a file, no folder")
    with pytest.raises(AnnotationError, match=r"File exists.*; nothing was changed"):
        annotate(where.annotations, "a", name="x")


def test_a_damaged_file_is_named_and_left_as_it_is(where):
    where.own.mkdir()
    where.annotations.write_text("{")
    with pytest.raises(AnnotationError, match="names, notes and pins"):
        annotate(where.annotations, "a", name="x")
    assert where.annotations.read_text() == "{"


def test_an_own_run_is_deleted_with_what_was_said_of_it(recorded):
    annotate(recorded.annotations, "mine", note="bad idea")
    delete(entry(recorded, "mine"), recorded)
    assert not (recorded.own / "mine").exists()
    assert read_annotations(recorded.annotations) == {}


def test_a_run_of_a_study_is_deleted_without_the_others(recorded):
    study = recorded.own / "grid-cnn"
    for number in (1, 2):
        write_record(study / f"run-{number}", seed=number)
    delete(entry(recorded, "run-1"), recorded)
    assert [path.name for path in study.iterdir()] == ["run-2"]


def test_of_a_fast_card_the_file_alone_is_deleted(recorded):
    runs = [recorded.own / "mine"]
    card = write_ensemble(recorded.own / "team", runs, file="fast.json")
    write_ensemble(recorded.own / "team", [*runs, recorded.shipped / "runs" / "compact_vgg"])
    delete(entry(recorded, "team-fast"), recorded)
    assert not card.exists()
    assert entry(recorded, "team").path.exists()


def test_shipped_runs_are_never_deleted(recorded):
    shipped = entry(recorded, "compact_vgg")
    assert not deletable(shipped)
    with pytest.raises(AnnotationError, match="not deleted"):
        delete(shipped, recorded)
    assert shipped.path.exists()


def test_a_link_out_of_the_folder_is_never_followed(recorded):
    link = recorded.own / "link"
    link.symlink_to(recorded.shipped / "runs" / "compact_resnet", target_is_directory=True)
    with pytest.raises(AnnotationError, match="not deleted"):
        delete(replace(entry(recorded, "mine"), path=link), recorded)
    assert (recorded.shipped / "runs" / "compact_resnet" / "run.yaml").exists()


def test_a_public_demo_changes_nothing(recorded, monkeypatch):
    monkeypatch.setenv("FER_READ_ONLY", "1")
    mine = entry(recorded, "mine")
    assert not deletable(mine)
    for action in (lambda: annotate(recorded.annotations, "mine", name="x"), lambda: delete(mine, recorded)):
        with pytest.raises(AnnotationError, match="public demo"):
            action()
    assert mine.path.exists()


def test_with_an_ensemble_go_the_fast_model_beside_it_and_what_was_said_of_both(recorded):
    runs = [recorded.own / "mine", recorded.shipped / "runs" / "compact_vgg"]
    write_ensemble(recorded.own / "team", runs)
    write_ensemble(recorded.own / "team", runs[:1], file="fast.json")
    for key in ("team", "team-fast", "mine"):
        annotate(recorded.annotations, key, name=f"my {key}")
    team = entry(recorded, "team")
    assert deleted_with(team, recorded) == ["team-fast"]
    assert deleted_with(entry(recorded, "team-fast"), recorded) == deleted_with(entry(recorded, "mine"), recorded) == []
    delete(team, recorded)
    assert set(read_annotations(recorded.annotations)) == {"mine"}
