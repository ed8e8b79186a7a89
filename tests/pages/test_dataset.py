import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.datasets import corrections, store
from fer_core.datasets.audit import audit, recorded_audit
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.ferplus import VOTES
from fer_core.datasets.store import STORE_FILE, save_dataset
from fer_core.emotions import EMOTIONS
from fer_core.jobs.worker import work
from pages import dataset_audit, dataset_found, dataset_import, dataset_jobs
from pages.written import as_written
from tests.datasets.wrappings import picture_files, write_folder, write_zip

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


def page(**state: object) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=120)
    for name, value in state.items():
        at.session_state[name] = value
    at.switch_page("pages/dataset.py").run()
    assert not at.exception
    return at


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def set_control(at: AppTest, kind: str, key: str, value: object) -> None:
    getattr(at, kind)(key=key).set_value(value).run()
    assert not at.exception


def test_without_fer2013_the_recorded_counts_follow_the_controls(data: Path) -> None:
    at = page()
    assert metrics(at) == {
        "Training images": "22,967",
        "Validation images": "5,742",
        "Test images": "7,178",
        "Imbalance ratio": "16.5 : 1",
    }
    set_control(at, "slider", "data_share", 0.1)
    assert metrics(at)["Validation images"] == "2,871"
    set_control(at, "segmented_control", "data_sampling", "full")
    table = at.table[0].value
    disgusted, happy = (table[table.index.str.contains(name)].iloc[0] for name in ("disgusted", "happy"))
    assert (disgusted["copies"], happy["copies"]) == (18 * disgusted["training"], 0)


def test_without_fer2013_the_recorded_audit_is_shown(data: Path) -> None:
    shown = metrics(page(data_tab="audit"))
    assert shown["Byte-identical images"] == "3,369"
    assert shown["Test images also used in training"] == "568"
    assert shown["The same picture, different labels"] == "160"
    assert shown["Labels that FER+ votes contradict"] == "12,455"


@pytest.mark.parametrize("tab", ["samples", "augmentation", "review"])
def test_without_fer2013_views_that_need_pictures_say_so(data: Path, tab: str) -> None:
    assert any("needs pictures" in info.value for info in page(data_tab=tab).info)


def test_samples_of_the_drawn_set_are_paged_and_ordered_by_seed(data: Path) -> None:
    at = page(data_set="drawn", data_tab="samples")
    assert at.get("plotly_chart")
    set_control(at, "pills", "data_class", "happy")
    set_control(at, "number_input", "data_order", 3)
    set_control(at, "number_input", "data_happy_3_page", 2)


def test_choices_outlive_another_view(data: Path) -> None:
    at = page(data_set="drawn")
    set_control(at, "segmented_control", "data_sampling", "full")
    set_control(at, "slider", "data_share", 0.1)
    set_control(at, "number_input", "data_seed", 4)
    set_control(at, "toggle", "data_groups_True", False)
    set_control(at, "segmented_control", "data_tab", "samples")
    set_control(at, "pills", "data_class", "happy")
    set_control(at, "number_input", "data_order", 3)
    set_control(at, "segmented_control", "data_tab", "distribution")
    assert at.segmented_control(key="data_sampling").value == "full"
    assert (at.slider(key="data_share").value, at.number_input(key="data_seed").value) == (0.1, 4)
    assert at.toggle(key="data_groups_True").value is False
    set_control(at, "segmented_control", "data_tab", "samples")
    assert (at.pills(key="data_class").value, at.number_input(key="data_order").value) == ("happy", 3)


@pytest.mark.slow
def test_each_layer_is_previewed_without_keras_in_the_app(data: Path) -> None:
    at = page(data_set="drawn", data_tab="augmentation")
    texts = " ".join(element.value for element in [*at.markdown, *at.caption])
    assert "RandomRotation" in texts
    assert "±72 degrees" in texts
    assert "±51 gray values" in texts
    set_control(at, "slider", "data_report_1_factor", 0.5)
    assert any("±180 degrees" in caption.value for caption in at.caption)
    set_control(at, "segmented_control", "data_tab", "samples")
    set_control(at, "segmented_control", "data_tab", "augmentation")
    assert at.slider(key="data_report_1_factor").value == 0.5
    set_control(at, "segmented_control", "data_preset", "modern")
    assert any("RandomAffine" in element.value for element in at.markdown)


def test_the_drawn_sets_audit_opens_its_pictures(data: Path) -> None:
    at = page(data_set="drawn", data_tab="audit")
    assert int(metrics(at)["Byte-identical images"].replace(",", "")) > 0
    set_control(at, "selectbox", "data_finding", "conflicting")
    assert any("byte for byte" in element.value for element in at.markdown)
    assert any("Labels are not judged" in caption.value for caption in at.caption)


def test_a_detector_that_cannot_audit_the_drawn_set_is_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_YUNET", "/nowhere/face.onnx")
    dataset_found.audit_here.clear()
    at = page(data_set="drawn", data_tab="audit")
    assert "/nowhere/face.onnx: no such file" in at.error[0].value


def test_decisions_are_saved_at_once_survive_a_reload_and_can_be_taken_back(data: Path) -> None:
    state = {"data_set": "drawn", "data_tab": "review", "data_queue": "conflicting"}
    at = page(**state)
    at.button(key="data-exclude").click().run()
    assert not at.exception
    path = data / "corrections.csv"
    first = corrections.read_corrections(path)
    assert [c.decision for c in first.values()] == ["exclude"]
    again = page(**state)
    name, _ = next(iter(first))
    assert any(name in element.value for element in again.markdown)
    again.button(key="data-decide-sad").click().run()
    assert len(corrections.read_corrections(path)) == 2
    again.button(key="data-undo").click().run()
    assert corrections.read_corrections(path) == first


def test_a_skipped_picture_comes_back_last(data: Path) -> None:
    at = page(data_set="drawn", data_tab="review", data_queue="conflicting")

    def asked() -> str:
        return next(element.value for element in at.markdown if element.value.startswith("What does"))

    first = asked()
    at.button(key="data-skip").click().run()
    second = asked()
    assert second != first
    at.button(key="data-exclude").click().run()
    assert asked() not in (first, second)


def test_what_somebody_else_decided_meanwhile_stands(data: Path) -> None:
    state = {"data_set": "drawn", "data_tab": "review", "data_queue": "conflicting"}
    one, other = page(**state), page(**state)
    one.button(key="data-decide-sad").click().run()
    other.button(key="data-exclude").click().run()
    assert "somebody else decided" in other.error[0].value
    assert [c.label for c in corrections.read_corrections(data / "corrections.csv").values()] == ["sad"]


def test_a_corrections_file_that_is_none_is_left_and_told(data: Path) -> None:
    data.mkdir()
    (data / "corrections.csv").write_text("my notes\n")
    at = page(data_set="drawn", data_tab="review")
    assert "not a corrections file" in at.error[0].value
    assert (data / "corrections.csv").read_text() == "my notes\n"


def test_an_imported_set_is_shown_with_its_audit(data: Path) -> None:
    dataset = drawn_dataset(210, seed=2)
    data.mkdir()
    save_dataset(dataset, data / STORE_FILE)
    at = page(data_tab="audit")
    assert any(button.label == "Run the audit" for button in at.button)
    result = dataset_found.result_file(dataset.fingerprint)
    result.parent.mkdir(parents=True)
    probabilities = np.eye(7)[(dataset.labels + (np.arange(210) % 20 == 0)) % 7] * 0.86 + 0.02
    result.write_text(json.dumps(audit(dataset, probabilities=probabilities).to_json()))
    at = page(data_tab="audit", data_finding="suspected_labels")
    assert "Suspected labels" in metrics(at)
    assert any(button.label == "Run the audit again" for button in at.button)
    assert any(str(result) in code.value for code in at.code)
    assert any("The recorded networks would say" in element.value for element in at.markdown)


def test_near_duplicates_stand_beside_a_sample_where_an_audit_was_made(data: Path) -> None:
    dataset = drawn_dataset(210, seed=2)
    data.mkdir()
    save_dataset(dataset, data / STORE_FILE)
    first = int(np.random.default_rng(0).permutation(np.flatnonzero(dataset.labels == 0))[0])
    other = int(np.flatnonzero(dataset.image_hashes != dataset.image_hashes[first])[0])
    result = dataset_found.result_file(dataset.fingerprint)
    result.parent.mkdir(parents=True)
    group = dataset.names[[first, other]].tolist()
    result.write_text(json.dumps({**recorded_audit(), "found": {"near_duplicates": [group]}}))
    at = page(data_tab="samples")
    assert any("Nearly the same" in element.value for element in at.markdown)


def with_audit(data: Path, content: str) -> AppTest:
    """The audit tab of an imported set beside which this was kept."""
    dataset = drawn_dataset(210, seed=2)
    data.mkdir()
    save_dataset(dataset, data / STORE_FILE)
    result = dataset_found.result_file(dataset.fingerprint)
    result.parent.mkdir(parents=True)
    result.write_text(content)
    return page(data_tab="audit")


def test_a_damaged_audit_can_be_run_again(data: Path) -> None:
    at = with_audit(data, "{")
    assert "not a readable audit" in at.error[0].value
    assert any(button.label == "Run the audit" for button in at.button)


def test_an_audit_of_an_older_version_is_run_anew(data: Path) -> None:
    at = with_audit(data, json.dumps({"suspected_labels": 3, "found": {}}))
    assert not at.exception
    assert any(button.label == "Run the audit" for button in at.button)


@pytest.mark.parametrize("of_these_images", [True, False])
def test_the_audit_takes_the_votes_that_the_samples_show(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_these_images: bool
) -> None:
    files = picture_files(drawn_dataset(140, seed=5))
    folder = write_folder(files, tmp_path / "fer")
    head = "file,row," + ",".join(f"ferplus_{name}" for name in VOTES)
    (folder.parent / "index.csv").write_text("of,something,else\n")
    (folder / "index.csv").write_text(f"{head}\n{next(iter(files)) if of_these_images else 'x'},0" + ",1" * 10 + "\n")
    started = []
    monkeypatch.setattr(dataset_audit, "start", lambda *arguments, **more: started.extend(arguments))
    at = page(data_set="path", data_path=str(folder), data_tab="audit")
    next(button for button in at.button if button.label == "Run the audit").click().run()
    assert not at.exception
    assert ("--ferplus" in started) is (str(folder / "index.csv") in started) is of_these_images


def test_pictures_that_are_added_to_a_folder_are_seen(data: Path, tmp_path: Path) -> None:
    files = picture_files(drawn_dataset(140, seed=5))
    folder = write_folder(files, tmp_path / "fer")
    for part in (folder, *(folder / name for name in ("train", "train/happy"))):
        os.utime(part, (0, 0))

    def happy() -> int:
        at = page(data_set="path", data_path=str(folder), data_tab="samples")
        return int(at.pills(key="data_class").options[EMOTIONS.index("happy")].split()[-1])

    before = happy()
    write_folder({"train/happy/im900.png": files["train/happy/im0.png"]}, folder)
    assert happy() == before + 1


def test_a_folder_without_the_classes_is_told_in_a_sentence(data: Path, tmp_path: Path) -> None:
    (tmp_path / "train" / "cats").mkdir(parents=True)
    at = page(data_set="path", data_path=str(tmp_path))
    assert "can't be read" in at.error[0].value


def test_the_home_of_nobody_is_told_in_a_sentence(data: Path) -> None:
    assert "no such file or folder" in page(data_set="path", data_path="~nobody-is-called-so/fer").error[0].value


def test_where_no_job_can_be_written_the_page_says_so(data: Path) -> None:
    data.write_text("")
    at = page()
    next(button for button in at.button if button.label == "Download").click().run()
    assert not at.exception
    assert "This can't be started: " in at.error[0].value


def test_a_zip_from_ones_own_device_is_imported(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(dataset_import, "start", lambda *arguments, **more: started.append(arguments))
    at = page()
    at.file_uploader(key="data_import_upload").upload("archive.ZIP", b"its bytes", "application/zip").run()
    next(button for button in at.button if button.label == "Import").click().run()
    assert not at.exception
    assert started == [("import", "archive.ZIP", "data", "import", str(data / "upload.zip"))]
    assert (data / "upload.zip").read_bytes() == b"its bytes"


def test_a_path_and_a_file_together_are_not_imported(data: Path) -> None:
    at = page()
    at.text_input(key="data_import_path").set_value("archive.zip")
    at.file_uploader(key="data_import_upload").upload("mine.zip", b"its bytes", "application/zip").run()
    assert "not both" in at.warning[0].value
    assert next(button for button in at.button if button.label == "Import").disabled


def test_a_path_may_stand_in_quotes_as_explorer_copies_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(dataset_import, "start", lambda *arguments, **more: started.append(arguments))
    at = page(data_set="path", data_path=f'"{tmp_path}/none.zip" ')
    assert as_written(f" {tmp_path}/none.zip: no such file") in at.error[0].value
    at.text_input(key="data_import_path").set_value(' "my faces.zip"').run()
    next(button for button in at.button if button.label == "Import").click().run()
    assert started == [("import", "my faces.zip", "data", "import", "my faces.zip")]


def test_what_an_import_left_out_is_told(data: Path, tmp_path: Path) -> None:
    files = picture_files(drawn_dataset(140, seed=5))
    files["train/happy/im0.png"] = b"broken"
    archive = write_zip(files, tmp_path / "a.zip")
    jobs = dataset_jobs.data_jobs()
    command = [sys.executable, "-m", "fer_core", "data", "import", str(archive), "--store", str(data)]
    jobs.submit(command, kind="import", title="a.zip", start=False)
    work(jobs)
    at = page()
    assert any("imported: 139 images" in element.value for element in at.success)
    assert any("not the complete FER2013" in element.value for element in at.warning)
    assert any(as_written("train/happy/im0.png: can't be decoded") in element.value for element in at.markdown)


def test_a_job_that_waits_since_a_restart_is_woken(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def watching() -> None:
        from pages.dataset_jobs import show_job

        show_job("audit")

    woken = []
    monkeypatch.setattr(dataset_jobs.JobStore, "start_worker", lambda store: woken.append(store.root))
    dataset_jobs.data_jobs().submit(["true"], kind="audit", title="Audit", start=False)
    AppTest.from_function(watching).run()
    assert woken


def test_why_an_import_failed_is_told_once(data: Path) -> None:
    command = [sys.executable, "-m", "fer_core", "data", "import", "*none*.zip"]
    jobs = dataset_jobs.data_jobs()
    jobs.submit(command, kind="import", title="*none*.zip", start=False)
    work(jobs)
    assert [error.value for error in page().error] == [as_written("*none*.zip: no such file or folder")]


def test_a_file_whose_import_failed_is_kept_and_told(data: Path) -> None:
    kept = store.keep_upload(b"no zip", "archive.zip", data)
    assert any(str(kept) in caption.value for caption in page().caption)


def test_a_public_demo_starts_and_changes_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_READ_ONLY", "1")
    at = page(data_set="drawn", data_tab="review", data_queue="conflicting")
    assert at.button(key="data-exclude").disabled
    assert not any(button.label in ("Download", "Import") for button in at.button)
    assert "Another path" not in at.segmented_control(key="data_set").options
    at = page(data_set="path", data_path="/", data_tab="audit")
    assert not any(field.key == "data_path" for field in at.text_input)


def test_in_a_public_demo_a_running_job_can_only_be_watched(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def watching() -> None:
        from pages.dataset_jobs import show_job

        show_job("audit")

    monkeypatch.setattr(dataset_jobs.JobStore, "wake", lambda store: None)
    dataset_jobs.data_jobs().submit(["sleep", "60"], kind="audit", title="Audit", start=False)
    assert [button.label for button in AppTest.from_function(watching).run().button] == ["Stop"]
    monkeypatch.setenv("FER_READ_ONLY", "1")
    at = AppTest.from_function(watching).run()
    assert not at.button
    assert not at.exception


def test_what_a_source_leaves_out_is_told_where_it_is_looked_at(data: Path, tmp_path: Path) -> None:
    files = picture_files(drawn_dataset(140, seed=5))
    files["train/happy/im0.png"] = b"broken"
    at = page(data_set="path", data_path=str(write_zip(files, tmp_path / "a.zip")))
    assert any("not the complete FER2013" in element.value for element in at.warning)
    assert any(as_written("train/happy/im0.png: can't be decoded") in element.value for element in at.markdown)
