from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from fer_core.datasets.corrections import CorrectionsError, apply_corrections, decide, read_corrections, undo
from fer_core.datasets.dataset import FaceDataset
from fer_core.emotions import EMOTIONS

SAD = EMOTIONS.index("sad")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "corrections.csv"


def decisions(path):
    return {file: (c.decision, c.label) for (file, _), c in read_corrections(path).items()}


def test_a_decision_is_on_disk_at_once_and_the_last_one_counts(drawn, path):
    decide(path, drawn, 0, "keep")
    decide(path, drawn, 1, "exclude")
    decide(path, drawn, 0, "relabel", "sad")
    assert decisions(path) == {drawn.names[0]: ("relabel", "sad"), drawn.names[1]: ("exclude", "")}


def test_undo_brings_the_decision_before_into_force(drawn, path):
    first = decide(path, drawn, 0, "exclude")
    last = decide(path, drawn, 0, "relabel", "sad")
    assert undo(path, last) == first
    assert undo(path, first) is None
    assert decisions(path) == {}
    with pytest.raises(CorrectionsError, match="no decision about"):
        undo(path, first)


def test_two_at_once_lose_nothing(drawn, path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: decide(path, drawn, i, "exclude"), range(60)))
    assert set(decisions(path)) == set(drawn.names[:60])
    assert path.read_text().count("file,image_hash") == 1
    assert {file.name for file in path.parent.iterdir()} == {"corrections.csv", ".corrections.csv.lock"}


def test_of_two_who_decide_the_same_at_once_one_is_told(drawn, path):
    def decided(label):
        try:
            return decide(path, drawn, 0, "relabel", label, only_open=True).label
        except CorrectionsError:
            return None

    with ThreadPoolExecutor(7) as pool:
        made = [label for label in pool.map(decided, EMOTIONS) if label]
    assert [label for _, label in decisions(path).values()] == made


def test_behind_a_link_it_is_the_shared_table_that_grows(drawn, path, tmp_path):
    decide(path, drawn, 0, "exclude")
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    decide(link, drawn, 1, "exclude")
    assert set(decisions(path)) == set(drawn.names[:2])


def test_a_decision_made_meanwhile_stands(drawn, path):
    decide(path, drawn, 0, "relabel", "sad")
    with pytest.raises(CorrectionsError, match=r"somebody else decided about .* meanwhile \(relabel sad\)"):
        decide(path, drawn, 0, "exclude", only_open=True)
    assert decisions(path) == {drawn.names[0]: ("relabel", "sad")}


def test_an_undo_takes_back_the_decision_that_was_meant_or_none(drawn, path):
    seen = decide(path, drawn, 0, "exclude")
    decide(path, drawn, 0, "relabel", "sad")
    with pytest.raises(CorrectionsError, match="somebody else changed the decision"):
        undo(path, seen)
    assert decisions(path) == {drawn.names[0]: ("relabel", "sad")}
    assert undo(path, read_corrections(path)[seen.image]) == seen


def test_a_data_set_with_the_same_names_has_decisions_of_its_own(drawn, path):
    other = FaceDataset(255 - drawn.images, drawn.labels, drawn.usage, drawn.names)
    first = decide(path, drawn, 0, "relabel", "sad")
    second = decide(path, other, 0, "exclude", only_open=True)
    assert list(read_corrections(path).values()) == [first, second]
    assert undo(path, first) is None
    assert list(read_corrections(path).values()) == [second]


def test_a_last_line_without_its_end_is_not_run_into(drawn, path):
    decide(path, drawn, 0, "exclude")
    path.write_bytes(path.read_bytes()[:-1])
    decide(path, drawn, 1, "exclude")
    assert set(decisions(path)) == set(drawn.names[:2])


def test_the_first_bytes_of_the_table_are_the_decisions_up_to_then(drawn, path):
    first, second = drawn.where("Training")[:2]
    made = decide(path, drawn, first, "exclude")
    size = path.stat().st_size
    undo(path, made)
    decide(path, drawn, second, "relabel", "sad")
    assert read_corrections(path, size) == {made.image: made}
    without_first = drawn.take(np.delete(np.arange(len(drawn)), first))
    assert apply_corrections(drawn, path, size).fingerprint == without_first.fingerprint
    assert decisions(path) == {drawn.names[second]: ("relabel", "sad")}


def test_a_table_with_other_line_ends_is_read_as_well(drawn, path):
    decide(path, drawn, 0, "exclude")
    text = path.read_bytes()
    for end in (b"\r\n", b"\r"):
        path.write_bytes(text.replace(b"\n", end))
        assert decisions(path) == {drawn.names[0]: ("exclude", "")}


def test_without_a_file_nothing_is_decided(path):
    assert read_corrections(path) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name,verdict\nx,y\n", "not a corrections file, its first line is 'name,verdict'"),
        (b"\xff\xfe\x00", "can't be read"),
        (b"", "not a corrections file"),
        (b"file,image_hash,decision,label,time\na,b,relabel,bored,t\n", "line 2 is no decision: 'a,b,relabel,bored,t'"),
        (b"file,image_hash,decision,label,time\na,b,exclude,,t\na,b\n", "line 3 is no decision"),
    ],
)
def test_an_unreadable_file_is_told_and_left_as_it_is(drawn, path, content, message):
    path.parent.mkdir()
    path.write_bytes(content)
    for attempt in (lambda: read_corrections(path), lambda: decide(path, drawn, 0, "keep")):
        with pytest.raises(CorrectionsError, match=message):
            attempt()
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_written_is_told(drawn, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CorrectionsError, match=r"can't be read|could not be saved"):
        decide(tmp_path / "file" / "corrections.csv", drawn, 0, "keep")


@pytest.mark.parametrize(
    ("decision", "label", "message"),
    [
        ("drop", None, "decision: expected"),
        ("relabel", "bored", "label: expected"),
        ("keep", "sad", "label: goes with"),
    ],
)
def test_a_wrong_decision_is_named(drawn, path, decision, label, message):
    with pytest.raises(ValueError, match=message):
        decide(path, drawn, 0, decision, label)


def test_training_images_are_relabelled_and_left_out(drawn, path):
    decide(path, drawn, 0, "relabel", "sad")
    decide(path, drawn, 1, "exclude")
    decide(path, drawn, 2, "keep")
    corrected = apply_corrections(drawn, path)
    assert len(corrected) == len(drawn) - 1
    assert corrected.labels[0] == SAD
    assert drawn.names[1] not in corrected.names
    assert corrected.labels[1:].tolist() == drawn.labels[2:].tolist()


def test_test_images_stay_as_they_are(drawn, path):
    test = int(drawn.where("PublicTest")[0])
    with pytest.raises(ValueError, match="is a test image"):
        decide(path, drawn, test, "exclude")
    assert not path.exists()

    decide(path, replace(drawn, usage=np.full(len(drawn), "Training")), test, "exclude")
    assert apply_corrections(drawn, path).fingerprint == drawn.fingerprint


def test_decisions_hold_in_another_wrapping(drawn, path):
    decide(path, drawn, 0, "relabel", "sad")
    renamed = FaceDataset(
        drawn.images, drawn.labels, drawn.usage, np.array([f"fer2013.csv:{i}" for i in range(len(drawn))])
    )
    assert apply_corrections(renamed, path).fingerprint == apply_corrections(drawn, path).fingerprint


@pytest.mark.parametrize("own_first", [True, False])
def test_a_decision_about_the_image_itself_goes_before_one_from_another_wrapping(drawn, path, own_first):
    renamed = FaceDataset(drawn.images, drawn.labels, drawn.usage, np.char.add("other/", drawn.names))
    made = [(drawn, 0, "keep"), (renamed, 0, "exclude"), (drawn, 1, "keep"), (renamed, 1, "relabel", "sad")]
    for dataset, *decision in made if own_first else made[::-1]:
        decide(path, dataset, *decision)
    assert apply_corrections(drawn, path).fingerprint == drawn.fingerprint
    assert len(apply_corrections(renamed, path)) == len(drawn) - 1


def test_corrections_of_another_data_set_are_refused(drawn, path):
    decide(path, drawn, 0, "exclude")
    inverted = FaceDataset(255 - drawn.images, drawn.labels, drawn.usage, drawn.names)
    with pytest.raises(CorrectionsError, match="none of its 1 decisions is about an image of this data set"):
        apply_corrections(inverted, path)
    with pytest.raises(CorrectionsError, match="no such corrections file"):
        apply_corrections(drawn, path.with_name("other.csv"))
