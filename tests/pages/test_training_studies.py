"""What the tabs of the Training page tell: failures, commands, names, and what would be replaced."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest, local_script_runner
from streamlit.testing.v1.element_tree import Button

from fer_core.datasets.store import open_dataset
from fer_core.jobs import JobStore
from fer_core.prediction.card import EnsembleCard
from fer_core.training.grid import grid_cells
from pages.training_matrix import take_click
from tests.pages.test_training import opened, places, sentences, store  # noqa: F401 - `places` is for all tests here
from tests.training.records import write_recorded_cells, write_recorded_run


def click_inside(at: AppTest, button: Button, monkeypatch: pytest.MonkeyPatch) -> None:
    """Click as a browser does inside the page's last fragment: that alone is run, unless it asks for more."""
    *_, fragment = at._fragment_storage._fragments
    asked = local_script_runner.RerunData
    with monkeypatch.context() as patch:
        patch.setattr(
            local_script_runner, "RerunData", lambda **data: replace(asked(**data), fragment_id_queue=[fragment])
        )
        button.click().run()
    assert not at.exception


@pytest.mark.parametrize(
    ("tab", "start"), [("Imbalance matrix", "train_matrix_start"), ("Grid search", "train_grid_start")]
)
def test_the_job_that_fills_a_study_is_watched_where_all_jobs_are(
    tab: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(tab)
    at.button(key=start).click().run()
    (job,) = store().all()
    click_inside(at, at.button(key=f"train_watch_{job.id}"), monkeypatch)
    assert at.button(key="train_stop")


def test_a_job_that_cannot_be_stopped_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    store().submit(["true"], kind="train", title="A run", start=False)

    def refuse(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(JobStore, "stop", refuse)
    at = opened("Jobs")
    click_inside(at, at.button(key="train_stop"), monkeypatch)
    assert [error.value for error in at.error] == ["the disk is full"]


@pytest.mark.parametrize("tab", ["One run", "Imbalance matrix", "Grid search"])
def test_the_command_names_the_data_from_here_and_in_public_by_its_name_alone(
    tab: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATA", str(tmp_path / "data" / "archive.zip"))
    assert "--data data/archive.zip" in opened(tab).code[0].value
    monkeypatch.setenv("FER_READ_ONLY", "1")
    assert "--data archive.zip" in opened(tab).code[0].value


def test_a_matrix_without_rows_asks_for_a_choice() -> None:
    at = opened("Imbalance matrix")
    at.multiselect(key="train_rows").set_value([]).run()
    assert not at.exception
    assert [info.value for info in at.info] == ["Choose at least one row and one column."]
    assert not at.code


def test_rows_and_columns_are_written_in_the_language_of_the_page_and_chosen_by_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fer_core.words._language", lambda: "ko")
    at = opened("불균형 행렬")
    assert at.multiselect(key="train_columns").options[:2] == ["교차 엔트로피", "가중 교차 엔트로피"]
    assert at.selectbox(key="train_row").options == ["약한 오버샘플링", "완전 오버샘플링"]
    assert "mild" not in at.get("plotly_chart")[0].proto.spec
    at.multiselect(key="train_rows").set_value(["mild"]).run()
    assert at.query_params["train_rows"] == "mild"
    assert "--sampling mild --loss cross_entropy" in at.code[0].value


def test_a_click_on_the_matrix_chooses_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.words._language", lambda: "ko")
    points = [{"customdata": ["완전 오버샘플링", "가중 교차 엔트로피"]}]
    monkeypatch.setattr(st, "session_state", {"train_heat": SimpleNamespace(selection=SimpleNamespace(points=points))})
    take_click()
    assert (st.session_state["train_row"], st.session_state["train_column"]) == ("full", "weighted_cross_entropy")


def test_an_ensemble_of_the_name_is_replaced_only_where_the_button_says_so() -> None:
    for name, network in (("a", "cnn"), ("b", "vgg"), ("c", "compact_vgg")):
        write_recorded_run(Path("runs") / name, network=network)
    at = opened("Ensemble")
    next(button for button in at.button if button.label == "Join").click().run()
    assert "An ensemble is called my-ensemble already; this replaces it." in sentences(at)
    assert not {"Join"} & {button.label for button in at.button}
    at.multiselect(key="train_members").set_value(["runs/a", "runs/b"]).run()
    next(button for button in at.button if button.label == "Replace").click().run()
    assert len(EnsembleCard.read("runs/my-ensemble/ensemble.json").members) == 2
    at.text_input(key="train_ensemble_name").set_value("another").run()
    assert "this replaces it" not in sentences(at)


def test_an_ensemble_that_somebody_else_made_meanwhile_is_not_replaced() -> None:
    for name, network in (("a", "cnn"), ("b", "vgg")):
        write_recorded_run(Path("runs") / name, network=network)
    mine, other = opened("Ensemble"), opened("Ensemble")
    for at in (other, mine):
        next(button for button in at.button if button.label == "Join").click().run()
    assert "my-ensemble was begun or made meanwhile" in mine.error[0].value
    assert not other.error


def test_an_ensemble_may_be_called_like_a_number_without_an_end() -> None:
    for name, network in (("a", "cnn"), ("b", "vgg")):
        write_recorded_run(Path("runs") / name, network=network)
    at = opened("Ensemble")
    at.text_input(key="train_ensemble_name").set_value("inf").run()
    at.query_params["train_ensemble_name"] = "inf"
    at.run()
    assert not at.exception
    assert at.text_input(key="train_ensemble_name").value == "inf"


def test_the_name_of_an_ensemble_is_shown_as_it_was_written() -> None:
    for name, network in (("a", "cnn"), ("b", "vgg")):
        write_recorded_run(Path("runs") / name, network=network)
    at = opened("Ensemble")
    next(button for button in at.button if button.label == "Join").click().run()
    card = Path("runs/my-ensemble/ensemble.json")
    card.write_text(card.read_text().replace('"my-ensemble"', '"*mine* :smile:"'))
    assert r"**\*mine\* &#58;smile&#58;** (" in sentences(opened("Ensemble"))


@pytest.mark.parametrize(
    ("tab", "key"),
    [
        ("One run", "train_data"),
        ("Imbalance matrix", "train_matrix_data"),
        ("Grid search", "train_grid_data"),
        ("Ensemble", "train_ensemble_data"),
    ],
)
def test_without_fer2013_each_choice_of_data_says_how_to_get_it(
    tab: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        write_recorded_run(Path("runs") / name)
    at = opened(tab, train_retrain="true", train_members=["runs/a", "runs/b"])
    assert at.selectbox(key=key).options == ["Drawn sample set"]
    assert "Get FER2013" in at.selectbox(key=key).help
    monkeypatch.setenv("FER_DATA", "drawn")  # which stands for an imported FER2013
    at.run()
    assert at.selectbox(key=key).options == ["FER2013", "Drawn sample set"]
    assert not at.selectbox(key=key).help
    at.selectbox(key=key).set_value("drawn").run()
    assert not at.exception
    assert "drawn" in at.query_params[key]


def test_the_accuracies_of_a_grid_are_named_and_in_percent() -> None:
    cells = grid_cells("compact_resnet", prefix="grid-compact_resnet-drawn")
    write_recorded_cells(cells[:1], Path("runs/grid-compact_resnet-drawn"), open_dataset("drawn").fingerprint)
    at = opened("Grid search")
    assert ("Best validation accuracy", "40.0%") in [(metric.label, metric.value) for metric in at.metric]
    assert at.dataframe[0].value["val_accuracy"].max() == pytest.approx(40)


def test_members_are_trained_again_with_the_review_decisions_that_the_command_shows() -> None:
    Path("data").mkdir()
    corrections = Path("data/corrections.csv")
    corrections.write_text("")
    records = [write_recorded_run(Path("runs") / name) / "run.yaml" for name in ("a", "b")]

    def builder() -> AppTest:
        return opened("Ensemble", train_retrain="true", train_members=["runs/a", "runs/b"])

    assert "--corrections" not in builder().code[0].value
    for number, record in enumerate(records):
        record.write_text(record.read_text().replace("corrections: null", f"corrections: {corrections}"))
        at = builder()
        if number == 0:
            assert "different review decisions" in sentences(at)
            assert not at.code
    assert at.code[0].value.endswith("--corrections data/corrections.csv")
    assert "Train and join" in {button.label for button in at.button}


def test_the_name_of_an_ensemble_that_was_cut_off_can_be_taken_again_and_that_of_a_run_not() -> None:
    for name in ("a", "b"):
        write_recorded_run(Path("runs") / name)
    Path("runs/my-ensemble/runs").mkdir(parents=True)
    at = opened("Ensemble", train_members=["runs/a", "runs/b"])
    assert "Join" in {button.label for button in at.button}
    at.text_input(key="train_ensemble_name").set_value("a").run()
    assert "a run or a study is called a already" in sentences(at)
    assert not {"Join", "Replace"} & {button.label for button in at.button}
