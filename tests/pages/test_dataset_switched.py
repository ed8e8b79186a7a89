"""What belongs to one data set is not shown of another."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.datasets import corrections
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.ferplus import VOTES
from fer_core.datasets.store import STORE_FILE, save_dataset
from pages import dataset_found, dataset_jobs
from pages.dataset_samples import votes_beside
from pages.dataset_source import Source, stamp
from tests.datasets.wrappings import picture_files, write_folder
from tests.pages.test_dataset import page


def test_copies_stay_together_as_soon_as_there_are_pictures(data: Path) -> None:
    def together(at: AppTest) -> tuple[bool, bool]:
        (toggle,) = [toggle for toggle in at.toggle if toggle.label == "Keep copies together"]
        return toggle.value, toggle.disabled

    at = page()
    assert together(at) == (False, True)
    at.segmented_control(key="data_set").set_value("drawn").run()
    assert together(at) == (True, False)


def test_votes_follow_the_order_of_the_images(tmp_path: Path) -> None:
    drawn = drawn_dataset(140, seed=5)
    dataset = FaceDataset(drawn.images, drawn.labels, drawn.usage, drawn.names)
    turned = dataset.take(np.arange(140)[::-1])
    head = "file," + ",".join(VOTES)
    rows = [f"{name}," + ",".join([str(number % 7)] * len(VOTES)) for number, name in enumerate(dataset.names)]
    (tmp_path / "index.csv").write_text("\n".join([head, *rows]))
    assert turned.fingerprint == dataset.fingerprint
    votes = votes_beside(Source(dataset, str(tmp_path / "archive.zip")))
    others = votes_beside(Source(turned, str(tmp_path / "fer2013.csv")))
    np.testing.assert_array_equal(others, votes[::-1])


def test_a_table_of_votes_that_changes_is_read_again_and_one_of_other_images_is_told(
    data: Path, tmp_path: Path
) -> None:
    folder = write_folder(picture_files(drawn_dataset(140, seed=5)), tmp_path / "fer")
    table, head = folder / "index.csv", "file," + ",".join(VOTES)

    def said() -> str:
        at = page(data_set="path", data_path=str(folder), data_tab="samples")
        return " ".join(element.value for element in [*at.caption, *at.markdown])

    table.write_text(f"{head}\nx" + ",1" * 10 + "\n")
    assert "has none of these images" in said()
    names = sorted(str(file.relative_to(folder)) for file in folder.glob("train/angry/*.png"))
    table.write_text("\n".join([head, *(f"{name}" + ",1" * 10 for name in names)]))
    os.utime(table, (0, 0))
    shown = said()
    assert "has none of these images" not in shown
    assert "FER+: what ten people voted" in shown


def test_an_audit_under_other_names_can_be_made_again(data: Path) -> None:
    dataset = drawn_dataset(210, seed=2)
    data.mkdir()
    save_dataset(dataset, data / STORE_FILE)
    result = dataset_found.result_file(dataset.fingerprint)
    result.parent.mkdir(parents=True)
    result.write_text(json.dumps({**recorded_audit(), "found": {"blank": ["fer2013.csv:7"]}}))
    at = page(data_tab="review")
    assert [info.value for info in at.info] == ["The audit knows these pictures by other names: run it again."]
    assert any(button.label == "Run the audit again" for button in at.button)


def test_where_fer_data_names_another_set_an_import_says_that_it_is_not_shown(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "FER_DATA" not in " ".join(caption.value for caption in page().caption)
    monkeypatch.setenv("FER_DATA", "drawn")
    assert "`FER_DATA` names `drawn`, which stays" in " ".join(caption.value for caption in page().caption)


@pytest.mark.parametrize("of_this_set", [True, False])
def test_only_the_audit_of_what_is_shown_is_followed(
    data: Path, monkeypatch: pytest.MonkeyPatch, of_this_set: bool
) -> None:
    monkeypatch.setattr(dataset_jobs.JobStore, "wake", lambda store: None)
    dataset = drawn_dataset(140, seed=5)
    data.mkdir()
    save_dataset(dataset, data / STORE_FILE)
    result = dataset_found.result_file(dataset.fingerprint if of_this_set else "another")
    dataset_jobs.data_jobs().submit(["true"], kind="audit", title="Audit", result=str(result), start=False)
    labels = [button.label for button in page(data_tab="audit").button]
    assert ("Stop" in labels, "Run the audit" in labels) == (of_this_set, not of_this_set)


def test_decisions_about_another_data_set_are_not_counted(data: Path) -> None:
    state = {"data_set": "drawn", "data_tab": "review", "data_queue": "conflicting"}
    data.mkdir()
    other = drawn_dataset(140, seed=99)
    corrections.decide(data / "corrections.csv", other, 0, "relabel", "sad")
    at = page(**state)
    assert not any("relabelled" in element.value for element in [*at.caption, *at.markdown])
    at.button(key="data-exclude").click().run()
    assert any("0 kept, 0 relabelled, 1 excluded" in caption.value for caption in at.caption)


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("Train/Happy/a.png", "Train/Happy/b.png"),
        ("x/y/train/happy/a.png", "x/y/train/happy/b.png"),
        ("x/fer2013.csv", "x/fer2013.csv"),
    ],
)
def test_a_folder_counts_as_changed_in_every_layout_that_is_read(tmp_path: Path, before: str, added: str) -> None:
    folder = write_folder({before: b"a"}, tmp_path / "fer")
    for part in (*folder.rglob("*"), folder):
        os.utime(part, (0, 0))
    assert stamp(str(folder)) == 0
    write_folder({added: b"b"}, folder)
    assert stamp(str(folder)) > 0


def test_beside_a_stored_set_nothing_else_is_looked_at(tmp_path: Path) -> None:
    stored = write_folder({STORE_FILE: b"a"}, tmp_path) / STORE_FILE
    os.utime(stored, (0, 0))
    write_folder({"jobs/one/log.txt": b"b"}, tmp_path)
    assert stamp(str(tmp_path)) == 0
