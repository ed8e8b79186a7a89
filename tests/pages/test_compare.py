import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.comparison import statistics
from fer_core.comparison.annotations import annotate, read_annotations
from fer_core.comparison.places import Places, find_entries
from fer_core.comparison.statistics import compute
from fer_core.emotions import EMOTIONS
from pages.compare_leaderboard import board
from pages.written import as_written
from tests.comparison.records import FINGERPRINT, answer_alike, forget_digests, know_all, write_ensemble, write_record

REPOSITORY = Path(__file__).parents[2]
TABS = ("Leaderboard", "Curves", "Confusion", "ROC", "Calibration", "X-ray")


def measured(where: Places) -> None:
    for entry in find_entries(where):
        compute(entry)


def opened(**query: str) -> AppTest:
    at = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page("pages/compare.py").run()
    assert not at.exception
    return at


def said(at: AppTest) -> str:
    return "\n".join(
        element.value for kind in ("markdown", "caption", "info", "warning", "error") for element in at.get(kind)
    )


def test_without_records_the_page_says_how_to_get_one(where: Places) -> None:
    at = opened()
    assert "No run is recorded yet" in said(at)
    assert not at.dataframe


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_shows_what_is_recorded(recorded: Places, tab: str) -> None:
    measured(recorded)
    at = opened(cmp_tab=tab)
    if tab == "Leaderboard":
        assert at.dataframe
        assert not at.get("plotly_chart")
        at.run()  # its figure comes after the table
    assert at.get("plotly_chart")
    assert not at.error
    assert not at.warning


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_works_with_one_run_alone(where: Places, tab: str) -> None:
    write_record(where.own / "only", seed=1)
    measured(where)
    at = opened(cmp_tab=tab)
    assert not at.error
    if tab == "X-ray":
        assert "No ensemble has answers" in said(at)


def test_the_leaderboard_lists_all_records_and_the_report(recorded: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.comparison.leaderboard.measured_on", lambda: FINGERPRINT)
    board.clear()  # kept of these records as ones of other data
    measured(recorded)
    table = opened().dataframe[0].value
    board.clear()
    assert set(table["title"]) == {
        "three",
        "compact_resnet",
        "compact_vgg",
        "compact_densenet",
        "mine",
        "Report's ensemble",
        "fer 25.10.3",
    }
    assert (table["accuracy_low"].dropna() < table["accuracy"][table["accuracy_low"].notna()]).all()
    assert table["difference"].notna().sum() == 4


def test_searching_and_filtering_leave_what_fits(recorded: Places) -> None:
    measured(recorded)
    at = opened(cmp_search="VGG")
    assert at.dataframe[0].value["title"].tolist() == ["three", "compact_vgg"]
    at.text_input(key="cmp_search").set_value("nothing like it").run()
    assert not at.exception
    assert at.dataframe[0].value.empty


def test_what_is_selected_is_forgotten_when_other_rows_are_shown(recorded: Places) -> None:
    measured(recorded)
    at = opened()
    first = at.dataframe[0].proto.id
    at.run()
    assert at.dataframe[0].proto.id == first
    at.text_input(key="cmp_search").set_value("VGG").run()
    assert at.dataframe[0].proto.id != first


def test_records_not_measured_yet_are_measured_while_the_page_can_be_used(
    recorded: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_CACHE", str(recorded.own / "empty"))
    monkeypatch.setattr(statistics, "_kept", {})
    at = opened()
    assert "of 5; each is measured only once" in at.get("progress")[0].proto.text
    for _ in range(10):
        at.run()
    assert not at.get("progress")
    assert at.dataframe[0].value["key"].notna().sum() == 5


def test_bad_records_are_named_with_the_reason_and_used_nowhere(recorded: Places) -> None:
    broken = write_record(recorded.own / "broken", seed=3)
    (broken / "history.csv").unlink()
    twin = write_record(recorded.own / "compact_vgg", seed=9)
    measured(recorded)
    at = opened()
    assert "history.csv&#58; missing" in said(at)
    assert as_written(f"{twin}: ") in said(at)
    assert "has the same name" in said(at)
    assert not {"broken", "compact_vgg (own)"} & set(at.dataframe[0].value["key"].dropna())
    assert "broken" not in at.multiselect(key="cmp_models").options


def test_where_no_record_can_be_trusted_the_page_says_so_and_not_that_there_is_none(where: Places) -> None:
    (write_record(where.own / "broken", seed=3) / "history.csv").unlink()
    measured(where)
    text = said(opened())
    assert "None of the 1 records here can be trusted" in text
    assert "history.csv&#58; missing" in text
    assert "No run is recorded yet" not in text


def test_a_run_that_collapsed_stands_in_the_table_and_is_told(recorded: Places) -> None:
    answer_alike(recorded.own / "mine", 0)
    measured(recorded)
    at = opened(cmp_split="Test (both)")
    assert "mine" in set(at.dataframe[0].value["title"])
    assert "No better than always saying the commonest class: mine." in said(at)
    assert "can't be trusted" not in said(at)


def test_the_address_chooses_models_split_and_cell(recorded: Places) -> None:
    measured(recorded)
    at = opened(
        cmp_tab="Confusion", cmp_models="mine", cmp_split="PrivateTest", cmp_true="happy", cmp_predicted="happy"
    )
    assert at.multiselect(key="cmp_models").value == ["mine"]
    assert "**mine**" in said(at)
    images = at.dataframe[0].value
    assert images["image"].str.startswith("private/happy/").all()
    assert images["confidence"].is_monotonic_decreasing


@pytest.mark.parametrize("tab", ["Confusion", "ROC", "Calibration"])
def test_a_model_all_of_whose_images_stand_in_training_has_no_answers_for_new_ones(recorded: Places, tab: str) -> None:
    know_all(recorded.own / "mine", "public")
    measured(recorded)
    at = opened(cmp_tab=tab, cmp_models="mine", cmp_split="PublicTest", cmp_new="true")
    assert "No answers for these images: mine." in said(at)


def test_an_ensemble_all_of_whose_images_stand_in_training_has_no_answers_for_new_ones(recorded: Places) -> None:
    write_ensemble(recorded.shipped, [know_all(run, "public") for run in (recorded.shipped / "runs").iterdir()])
    measured(recorded)
    at = opened(cmp_tab="X-ray", cmp_split="PublicTest", cmp_new="true")
    assert not at.error
    assert "No answers for these images: three." in said(at)
    assert "No ensemble has answers for these images." in said(at)


def test_an_address_means_the_same_in_another_language(recorded: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.words._language", lambda: "ko")
    measured(recorded)
    at = opened(cmp_tab="Confusion", cmp_split="PublicTest", cmp_true="happy", cmp_order="By similarity")
    assert at.selectbox(key="cmp_true").value == "happy"
    assert "행복" in at.selectbox(key="cmp_true").options
    assert at.segmented_control(key="cmp_split").value == "PublicTest"
    assert "Confusion" in at.query_params["cmp_tab"]
    assert "By similarity" in at.query_params["cmp_order"]
    at.segmented_control(key="cmp_split").set_value("Hold-out").run()
    assert "Hold-out" in at.query_params["cmp_split"]


def test_curves_leave_out_a_history_without_times_and_say_so(recorded: Places) -> None:
    history = forget_digests(recorded.own / "mine") / "history.csv"
    history.write_text(history.read_text().replace("seconds", "moments"))
    measured(recorded)
    at = opened(cmp_tab="Curves", cmp_models=["mine", "compact_vgg"], cmp_over="Minutes")
    assert "Their histories don't tell this: mine." in said(at)
    assert at.get("plotly_chart")


def test_the_reports_networks_are_the_best_runs_on_fer2013_alone(
    recorded: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.compare_curves.recorded_audit", lambda: {"fingerprint": FINGERPRINT})
    better = write_record(recorded.own / "grid-cnn" / "better", seed=8, network="cnn", skill=0.9)
    drawn = write_record(recorded.own / "drawn", seed=9, network="cnn", skill=3)
    (drawn / "run.yaml").write_text((drawn / "run.yaml").read_text().replace(FINGERPRINT, "fedcba9876543210"))
    measured(recorded)
    table = opened(cmp_tab="Curves").dataframe[-1].value.set_index("Network")
    assert table.loc["CNN", "Recorded run"] == better.name
    assert table.loc["VGG", "Recorded run"] == "not recorded yet"


def test_records_of_different_data_are_told_apart_and_warned_of_where_the_images_differ(recorded: Places) -> None:
    sizes = {"holdout": 140, "public": 140, "private": 210}
    for folder in (recorded.own / "mine", write_record(recorded.own / "other", seed=5, sizes=sizes)):
        record = folder / "run.yaml"
        record.write_text(record.read_text().replace(FINGERPRINT, "fedcba9876543210"))
    measured(recorded)
    assert "different data sets" in said(opened(cmp_split="PublicTest"))
    at = opened(cmp_columns="Origin", cmp_split="PrivateTest")
    assert "different data sets" not in said(at)
    table = at.dataframe[0].value.set_index("key")
    assert table.loc["mine", "data"] == "fedcba9876543210"


def test_a_cell_of_an_ensemble_tells_every_members_vote(recorded: Places) -> None:
    measured(recorded)
    at = opened(cmp_tab="Confusion", cmp_true="happy", cmp_predicted="happy")
    assert "The ensemble's answer is calibrated" in said(at)
    votes = at.dataframe[0].value[["compact_resnet", "compact_vgg", "compact_densenet"]]
    assert votes.map(lambda text: text.split()[0] in EMOTIONS).all(axis=None)


def test_where_the_data_set_names_its_images_otherwise_they_are_named(
    recorded: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = SimpleNamespace(fingerprint=FINGERPRINT, names=np.array(["fer2013.csv:0"]), positions={"fer2013.csv:0": 0})
    monkeypatch.setattr("pages.compare_pictures.default_source", lambda: "fer2013.csv")
    monkeypatch.setattr("pages.compare_pictures.load", lambda *_: table)
    measured(recorded)
    at = opened(cmp_tab="Confusion", cmp_true="happy", cmp_predicted="happy")
    assert "names its images otherwise (fer2013.csv:0, measured on " in said(at)
    assert not at.dataframe[0].value.empty


def test_an_ensemble_of_one_is_seen_from_inside(where: Places) -> None:
    write_ensemble(where.shipped, [write_record(where.shipped / "runs" / "only", seed=1)])
    measured(where)
    at = opened(cmp_tab="X-ray")
    assert not at.error
    assert at.dataframe[0].value.empty


def test_two_models_stand_beside_their_difference(recorded: Places) -> None:
    measured(recorded)
    assert len(opened(cmp_tab="Confusion", cmp_second="compact_vgg").get("plotly_chart")) == 3


def test_the_threshold_decides_how_many_images_are_answered(recorded: Places) -> None:
    measured(recorded)
    at = opened(cmp_tab="ROC", cmp_threshold="0")
    assert "100.0% of 420 images are answered" in said(at)
    assert np.allclose(at.dataframe[0].value["found"], 100)
    at.slider(key="cmp_threshold").set_value(1.0).run()
    assert "0.0% of 420 images are answered" in said(at)


def test_a_name_and_a_pin_survive_a_reload(recorded: Places) -> None:
    measured(recorded)
    annotate(recorded.annotations, "mine", name="The small one", note="first try", pinned=True)
    first = opened().dataframe[0].value.iloc[0]
    assert first["title"] == "📌 The small one"
    assert read_annotations(recorded.annotations)["mine"].note == "first try"


def test_a_public_demo_does_not_import(recorded: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_READ_ONLY", "1")
    measured(recorded)
    assert "Import from MLflow" not in [button.label for button in opened().button]


def test_a_tracking_server_that_is_away_is_a_sentence(recorded: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    measured(recorded)
    at = opened()
    next(button for button in at.button if button.label == "Import from MLflow").click().run()
    assert not at.exception
    assert "the MLflow store can't be reached" in at.warning[0].value
    assert not at.dataframe[0].value.empty


def test_the_page_imports_neither_tensorflow_nor_mlflow(recorded: Places) -> None:
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({str(REPOSITORY / "streamlit_app.py")!r}, default_timeout=60)
at.switch_page("pages/compare.py").run()
assert not at.exception, at.exception
assert at.title
heavy = sorted({{name.partition(".")[0] for name in sys.modules}} & {{"tensorflow", "keras", "torch", "jax", "mlflow"}})
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY, timeout=120)
