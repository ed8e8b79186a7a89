from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_core.comparison.guard import problems
from fer_core.comparison.models import read_model
from fer_core.comparison.places import entry_of
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.training.record import HISTORY, PROBABILITIES, RECORD, RecordError, read_record
from tests.comparison.records import answer_alike, forget_digests, write_ensemble, write_record


def changed(run: Path, change) -> Path:
    """The run with its arrays changed in place by `change(arrays)`, as if they had been recorded so."""
    with np.load(run / "probabilities.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    change(arrays)
    np.savez_compressed(run / "probabilities.npz", **arrays)
    return forget_digests(run)


def found(run: Path) -> str:
    return "\n".join(problems(read_model(entry_of(str(run)))))


def told(run: Path) -> str:
    """What is said of a record, whether it can be read or not."""
    try:
        return found(run)
    except RecordError as error:
        return str(error)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_record(tmp_path / "run", seed=1)


def test_a_sound_record_has_no_problem(run):
    assert found(run) == ""


@pytest.mark.parametrize("order", [[1, 0, 2, 3, 4, 5, 6], [3, 0, 1, 2, 4, 5, 6], [0, 1, 2, 3, 5, 6, 4]])
def test_a_permuted_class_order_is_caught_and_told(run, order):
    def permute(arrays):
        for name in arrays:
            if name.endswith("_probabilities"):
                arrays[name] = arrays[name][:, order]

    assert "the class order looks permuted" in found(changed(run, permute))


def test_answers_at_chance_are_caught(run):
    def shuffle(arrays):
        random = np.random.default_rng(0)
        for name in arrays:
            if name.endswith("_probabilities"):
                random.shuffle(arrays[name])

    assert "no better than always saying the commonest class" in found(changed(run, shuffle))


def test_a_constant_answer_is_caught(run):
    def constant(arrays):
        for name in arrays:
            if name.endswith("_probabilities"):
                arrays[name] = np.tile(np.eye(7, dtype=np.float16)[3], (len(arrays[name]), 1))

    assert "no better than always saying the commonest class" in found(changed(run, constant))


@pytest.mark.parametrize("answer", [0, 3])
def test_a_collapsed_network_is_believed_where_its_history_says_the_same(run, answer):
    """The commonest class (3) stands in any other's place in some order."""
    assert found(answer_alike(run, answer)) == ""


def test_a_weak_network_is_believed_where_its_history_says_the_same(tmp_path):
    assert found(write_record(tmp_path / "weak", seed=3, skill=0.05)) == ""


def test_a_history_of_another_run_is_caught(run, tmp_path):
    other = write_record(tmp_path / "other", seed=2, skill=0.2)
    (forget_digests(run) / "history.csv").write_bytes((other / "history.csv").read_bytes())
    assert "one of the two files is of another run" in found(run)


def test_a_kept_epoch_that_was_never_trained_is_caught(run):
    lines = (run / "history.csv").read_text().splitlines()
    (forget_digests(run) / "history.csv").write_text("\n".join(lines[:4]))
    assert "epoch 12 was kept, but history.csv has 3 epochs" in found(run)


def test_a_doubled_image_is_caught(run):
    def double(arrays):
        arrays["public_ids"][1] = arrays["public_ids"][0]

    assert "public: an image stands in it more than once" in found(changed(run, double))


def test_labels_out_of_range_are_caught(run):
    def relabel(arrays):
        arrays["public_labels"][0] = 9

    assert "labels go from 0 to 9" in found(changed(run, relabel))


def test_labels_out_of_range_are_told_of_the_validation_part_too(run, tmp_path):
    def relabel(arrays):
        arrays["validation_labels"][0] = 9

    assert found(changed(run, relabel)) == "validation: labels go from 0 to 9, expected 0 to 6"
    other = write_record(tmp_path / "other", seed=2)
    assert found(write_ensemble(tmp_path / "both", [run, other])) == ""  # which is not measured on it


def test_a_test_part_that_is_not_fer2013s_is_caught_under_its_fingerprint(run):
    record = (run / "run.yaml").read_text().replace("0123456789abcdef", "f0b3854e816fc2a1")
    (run / "run.yaml").write_text(record)
    assert "public is not FER2013's" in found(run)


def test_rows_that_do_not_sum_to_one_are_refused_on_reading(run):
    def scale(arrays):
        arrays["private_probabilities"] = arrays["private_probabilities"] * np.float16(0.5)

    assert "rows sum to 0.5" in told(changed(run, scale))


def test_another_class_order_in_the_record_is_refused_on_reading(run):
    text = (run / "run.yaml").read_text()
    (run / "run.yaml").write_text(text.replace("- angry\n- disgusted", "- disgusted\n- angry"))
    assert "classes are" in told(run)


@pytest.mark.parametrize("name", ["history.csv", "probabilities.npz", "run.yaml"])
@pytest.mark.parametrize("digests", [True, False])
def test_missing_and_truncated_files_are_named(run, name, digests):
    if not digests:
        forget_digests(run)
    content = (run / name).read_bytes()
    (run / name).write_bytes(content[: len(content) // 3])
    assert str(run) in told(run)
    (run / name).unlink()
    assert f"{name}: missing" in told(run)


@pytest.mark.parametrize(
    ("field", "change", "words"),
    [
        ("public_ids", lambda ids: np.arange(len(ids)), "int64 is no type for it"),
        ("public_ids", lambda ids: ids[:, None], "expected shape (n,)"),
        ("public_labels", lambda labels: labels + 0.5, "float64 is no type for it"),
        ("public_labels", lambda labels: labels[:-3], "expected shape (210,)"),
        ("public_probabilities", lambda rows: rows + np.float16([1, -1, 0, 0, 0, 0, 0]), "numbers from 0 to 1"),
        ("public_probabilities", lambda rows: rows * np.float16("nan"), "numbers from 0 to 1"),
        ("public_also_in_training", lambda known: known.astype(str), "is no type for it"),
    ],
)
def test_arrays_of_another_kind_are_refused_on_reading(run, field, change, words):
    assert words in told(changed(run, lambda arrays: arrays.update({field: change(arrays[field])})))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("val_accuracy", "abc", "has other than numbers in it"), ("epoch", 1, "epochs are not 1, 2, 3")],
)
def test_a_history_that_is_no_table_of_epochs_is_refused_on_reading(run, column, value, words):
    history = pd.read_csv(forget_digests(run) / "history.csv")
    history.assign(**{column: value}).to_csv(run / "history.csv", index=False)
    assert words in told(run)


def test_a_field_out_of_range_is_named_in_one_line(run):
    text = (run / "run.yaml").read_text()
    (run / "run.yaml").write_text(text.replace("momentum: 0.9", "momentum: 9"))
    assert told(run).startswith(f"{run / 'run.yaml'}: config.momentum: ")
    assert len(told(run).splitlines()) == 1


@pytest.mark.parametrize("name", ["history.csv", "probabilities.npz"])
def test_a_file_that_was_changed_after_recording_is_refused(run, tmp_path, name):
    other = write_record(tmp_path / "other", seed=2)
    (run / name).write_bytes((other / name).read_bytes())
    assert f"{run / name}: is not the file that was recorded" in told(run)


def test_every_shipped_record_knows_its_files():
    folders = [file.parent for file in SHIPPED_CARD.parent.glob(f"*/*/{RECORD}")]
    unknown = [folder.name for folder in folders if set(read_record(folder).files) != {HISTORY, PROBABILITIES}]
    assert unknown == []


def test_altered_and_empty_files_of_answers_are_named(run):
    content = bytearray((forget_digests(run) / "probabilities.npz").read_bytes())
    for place in range(200, len(content), 50):
        content[place] ^= 0xFF
    for altered in (bytes(content), b""):
        (run / "probabilities.npz").write_bytes(altered)
        assert f"{run}: damaged" in told(run)
