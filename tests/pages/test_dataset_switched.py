"""What belongs to one data set is not shown of another."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.ferplus import VOTES
from fer_core.datasets.store import STORE_FILE, save_dataset
from pages import dataset_found, dataset_jobs
from pages.dataset_samples import votes_beside
from pages.dataset_source import Source
from tests.pages.test_dataset import page


def test_copies_stay_together_as_soon_as_there_are_pictures(data: Path) -> None:
    def together(at: AppTest) -> tuple[bool, bool]:
        (toggle,) = [toggle for toggle in at.toggle if toggle.label == "Copies of one image stay together"]
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
