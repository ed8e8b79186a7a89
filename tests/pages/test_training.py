import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.datasets.store import open_dataset
from fer_core.jobs import JobState, JobStore
from fer_core.prediction.active import active_card
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard
from fer_core.training.candidates import candidates
from fer_core.training.config import RunConfig
from fer_core.training.grid import grid_cells
from fer_core.training.imbalance import matrix_cells
from fer_core.training.presets import presets
from fer_core.words import _
from pages.training_run import estimated
from tests.training.records import keep_weights, write_recorded_cells, write_recorded_run

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A working folder without data, runs and jobs, in which no worker is started."""
    monkeypatch.chdir(tmp_path)
    for name in ("FER_DATA", "FER_READ_ONLY", "FER_RUNS", "FER_JOBS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(JobStore, "start_worker", lambda store: None)
    st.cache_data.clear()
    return


def opened(tab: str | None = None, **query: str | list[str]) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.switch_page("pages/training.py")
    at.query_params.update(query)
    if tab:
        at.session_state["train_tab"] = tab
    at.run()
    assert not at.exception
    return at


def sentences(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.info, at.error, at.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def store() -> JobStore:
    return JobStore(Path("jobs"))


def test_the_form_shows_counts_parameters_and_the_exact_command() -> None:
    at = opened()
    assert at.code[0].value == "python -m fer_core train --data drawn"
    assert at.metric[0].value == "1.21 M"
    assert at.get("plotly_chart")


def test_costs_at_another_input_size_are_said_to_be_about_so() -> None:
    costs = {size: opened(train_input_size=size).metric[1].value for size in ("48", "96")}
    assert not costs["48"].startswith("about")
    assert costs["96"].startswith("about ")


def test_a_preset_fills_the_fields_with_the_reports_optimum() -> None:
    at = opened()
    at.selectbox(key="train_preset").set_value("Report's VGG").run()
    assert at.selectbox(key="train_activation").value == "elu"
    assert at.number_input(key="train_learning_rate").value == 0.01
    assert "--network vgg --activation elu --learning-rate 0.01" in at.code[0].value


@pytest.mark.parametrize(
    "preset", [pytest.param(name, marks=() if "DenseNet" in name else pytest.mark.slow) for name in presets()]
)
def test_the_address_tells_all_of_a_training(preset: str) -> None:
    at = opened()
    at.selectbox(key="train_preset").set_value(preset).run()
    again = opened(**at.query_params)
    assert again.code[0].value == at.code[0].value
    assert again.selectbox(key="train_preset").value == preset
    at.selectbox(key="train_preset").set_value("Compact ResNet").run()
    assert not [name for name in at.query_params if name.startswith("train_")]


@pytest.mark.parametrize("preset", ["Report's VGG", "Compact ResNet"])
def test_a_link_that_names_a_preset_alone_fills_the_fields(preset: str) -> None:
    at = opened()
    at.selectbox(key="train_preset").set_value(preset).run()
    beside = {"cmp_models": ["one", "other"]}
    linked = opened(train_preset=preset, **beside)
    assert linked.code[0].value == at.code[0].value
    assert linked.query_params == at.query_params | beside


def test_a_link_that_names_more_than_a_preset_is_taken_as_it_is() -> None:
    assert "--network vgg" not in opened(train_preset="Report's VGG", train_epochs="3").code[0].value
    assert opened(train_preset="none such").code[0].value == opened().code[0].value


def test_what_a_widget_has_for_its_own_default_is_in_no_address() -> None:
    """Streamlit leaves it out, so that it has to be the run's."""
    at = opened()
    config = RunConfig()
    for widget in (*at.selectbox, *at.number_input, *at.toggle):
        name = widget.key.removeprefix("train_")
        if name in RunConfig.model_fields:
            own = widget.options[widget.proto.default] if widget.type == "selectbox" else widget.proto.default
            assert own == (getattr(config, name) or 0), name


def test_a_field_that_may_be_empty_stands_in_the_address() -> None:
    at = opened(train_early_stopping="3", train_epochs="1")
    assert at.number_input(key="train_early_stopping").value == 3
    assert at.number_input(key="train_epochs").value == 1


def test_a_link_makes_the_page_open_no_file() -> None:
    at = opened(train_soft_labels="none.npz")
    assert not at.text_input(key="train_soft_labels").value
    assert not at.error


@pytest.mark.parametrize("endless", ["1e999", "inf", "9" * 400])
def test_a_number_without_an_end_in_the_address_is_left_out(endless: str) -> None:
    at = opened(train_epochs=endless)
    assert not at.exception
    assert at.number_input(key="train_epochs").value == RunConfig().epochs


def test_a_run_can_start_from_the_weights_of_another_on_its_network_and_split() -> None:
    assert "train_weights_from" not in [box.key for box in opened().selectbox]
    first = write_recorded_run(Path("runs/first"))
    keep_weights(first)
    at = opened()
    at.selectbox(key="train_weights_from").set_value(str(first)).run()
    assert not at.exception
    assert at.selectbox(key="train_network").value == "compact_vgg"
    assert "--network compact_vgg --activation relu --weights-from runs/first" in at.code[0].value
    assert "--holdout" in at.code[0].value
    drawn = drawn_dataset(images=100)
    SoftLabels.of(drawn, np.arange(7), np.full((7, 7), 1 / 7), "nobody").write(Path("soft.npz"))
    at.text_input(key="train_soft_labels").set_value("soft.npz").run()
    at.number_input(key="train_soft_share").set_value(0.5).run()
    assert "--soft-labels soft.npz --soft-share 0.5" in at.code[0].value


def test_what_a_run_starts_from_fills_nothing_that_the_form_says_otherwise() -> None:
    first = write_recorded_run(Path("runs/first"))
    keep_weights(first)
    at = opened()
    at.selectbox(key="train_weights_from").set_value(str(first)).run()
    at.selectbox(key="train_network").set_value("compact_resnet").run()
    at.toggle(key="train_holdout").set_value(False).run()
    assert "--network compact_resnet --activation relu --weights-from runs/first" in at.code[0].value
    assert "--no-holdout" in at.code[0].value


def test_the_form_is_as_it_was_after_a_look_at_another_tab_or_page() -> None:
    at = opened()
    at.selectbox(key="train_preset").set_value("Compact DenseNet").run()
    at.number_input(key="train_early_stopping").set_value(3)
    at.number_input(key="train_input_size").set_value(64)
    at.number_input(key="train_ema").set_value(0.9)
    at.number_input(key="train_epochs").set_value(7).run()
    command = at.code[0].value
    assert {"compact_densenet", "--early-stopping", "--input-size", "--ema"} <= set(command.split())
    at.session_state["train_tab"] = "Jobs"
    at.run()
    assert "train_preset" not in [box.key for box in at.selectbox]
    at.session_state["train_tab"] = "One run"
    at.run()
    assert at.selectbox(key="train_preset").value == "Compact DenseNet"
    assert at.code[0].value == command
    at.switch_page("pages/selftest.py").run()
    at.switch_page("pages/training.py").run()
    assert at.selectbox(key="train_preset").value == "Compact DenseNet"
    assert at.code[0].value == command


def test_in_the_public_demo_no_field_names_a_file_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_weights(write_recorded_run(Path("runs/first")))
    Path("other.npz").write_text("something else")
    monkeypatch.setenv("FER_READ_ONLY", "1")
    at = opened()
    at.session_state["train_soft_labels"] = "other.npz"
    at.run()
    assert not {"train_soft_labels", "train_weights_from"} & {box.key for box in (*at.text_input, *at.selectbox)}
    assert not at.error
    assert "soft-labels" not in at.code[0].value


def test_an_impossible_combination_is_refused_with_the_field_named_and_nothing_starts() -> None:
    at = opened()
    at.selectbox(key="train_network").set_value("alexnet")
    at.number_input(key="train_input_size").set_value(48).run()
    assert "input_size: alexnet needs at least 67, got 48" in at.error[0].value
    assert "Start" not in [button.label for button in at.button]
    assert not at.code
    at.selectbox(key="train_network").set_value("cnn")
    at.number_input(key="train_input_size").set_value(None)
    at.selectbox(key="train_augment").set_value("copies").run()
    (told,) = at.error
    assert told.value.startswith("augment: 'copies' needs copies; choose sampling")
    at.selectbox(key="train_augment").set_value("all")
    at.text_input(key="train_soft_labels").set_value("none.npz").run()
    (told,) = at.error
    assert told.value.startswith("soft_labels: none.npz: no readable soft labels")
    assert not at.code


def test_the_time_is_measured_anew_each_time_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"total_seconds": 60, "images": 1, "images_per_second": 1, "epoch_seconds": 1}
    measured = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess:
        measured.append(command)
        return subprocess.CompletedProcess(command, 0, json.dumps(found | {"parameters": 1, "memory_bytes": 1}), "")

    monkeypatch.setattr("pages.training_run.subprocess.run", run)
    at = opened()
    for times in (1, 2):
        next(button for button in at.button if button.label == "Estimate the time").click().run()
        assert "Measured now" in sentences(at)
        assert len(measured) == times
    at.number_input(key="train_epochs").set_value(3).run()
    assert len(measured) == 2


def test_an_estimate_that_is_refused_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(APP).parent))
    with pytest.raises(RuntimeError, match=r"^Error: Invalid value: epochs: "):
        estimated(["estimate", "--epochs", "0"])


def test_start_puts_the_shown_command_into_the_queue_and_opens_the_job() -> None:
    at = opened()
    next(button for button in at.button if button.label == "Start").click().run()
    assert not at.exception
    (job,) = store().all()
    assert job.state is JobState.WAITING
    assert job.command[3:] == ("train", "--data", "drawn", "--to", str(Path(job.result).parent), "--quiet")
    assert at.session_state["train_tab"] == "Jobs"
    assert "waiting" in sentences(at)


def test_a_failed_job_says_why_and_can_be_resumed_and_deleted() -> None:
    job = store().submit(["true"], kind="train", title="A run", start=False)
    store().write(
        job.model_copy(update={"state": JobState.FAILED, "reason": "the disk is full", "ended": datetime.now(UTC)})
    )
    at = opened("Jobs")
    assert "the disk is full" in sentences(at)
    at.button(key="train_resume").click().run()
    assert store().read(job.id).state is JobState.WAITING
    at.button(key="train_stop").click().run()
    assert store().read(job.id).state is JobState.STOPPED
    at.button(key="train_delete").click().run()
    assert not at.exception
    assert store().all() == []


def test_a_finished_run_leads_to_its_place_among_the_others() -> None:
    record = write_recorded_run(Path("runs/first")) / "run.yaml"
    job = store().submit(["true"], kind="train", title="A run", result=str(record), start=False)
    assert not opened("Jobs").get("page_link")
    store().write(job.model_copy(update={"state": JobState.FINISHED, "ended": datetime.now(UTC)}))
    (link,) = opened("Jobs").get("page_link")
    assert link.proto.page == "compare"
    assert link.proto.query_string == "cmp_models=first"


def test_a_stopped_run_can_be_deleted_with_what_it_trained_so_far() -> None:
    folder = Path("runs/stopped")
    (folder / "checkpoint").mkdir(parents=True)
    for _number in range(2):
        job = store().submit(["true"], kind="train", title="A run", result=str(folder / "run.yaml"), start=False)
        store().stop(job.id)
    at = opened("Jobs")
    assert "`stopped`" not in sentences(at)  # the other job may go on with it
    at.button(key="train_delete").click().run()
    assert folder.exists()
    assert "`stopped`" in sentences(at)
    at.button(key="train_delete_left").click().run()
    assert not at.exception
    assert not folder.exists()
    assert store().all() == []


def test_a_matrix_that_was_not_trained_here_points_to_the_shipped_one() -> None:
    assert "shipped runs" in sentences(opened("Imbalance matrix"))
    cells = matrix_cells(prefix="imbalance-drawn", epochs=15)
    write_recorded_cells(cells[:1], Path("runs/imbalance-drawn"), open_dataset("drawn").fingerprint)
    assert "shipped runs" not in sentences(opened("Imbalance matrix"))


def test_the_matrix_shows_what_is_recorded_and_a_cell_from_near() -> None:
    cells = matrix_cells(prefix="imbalance-drawn", epochs=15)
    write_recorded_cells(cells[:2], Path("runs/imbalance-drawn"), open_dataset("drawn").fingerprint)
    at = opened("Imbalance matrix")
    assert at.button(key="train_matrix_start").label == "Train 4 of 6 cells"
    assert len(at.get("plotly_chart")) == 5
    assert at.segmented_control(key="train_cell_metric").options == ["Accuracy", "Top-2 accuracy", "Loss"]
    at.button(key="train_matrix_start").click().run()
    assert not at.exception
    (job,) = store().all()
    assert "imbalance" in job.command
    assert at.button(key="train_matrix_start").disabled


@pytest.mark.parametrize(
    ("tab", "start", "folder"),
    [
        ("Imbalance matrix", "train_matrix_start", "imbalance-drawn"),
        ("Grid search", "train_grid_start", "grid-compact_resnet-drawn"),
    ],
)
def test_a_study_on_drawn_faces_is_named_so_and_says_why_it_cannot_be_started(
    tab: str, start: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setenv("FER_DATA", "drawn")
    monkeypatch.setattr(JobStore, "submit", refuse)
    at = opened(tab)
    assert at.code[0].value.endswith(f"--data drawn --to runs/{folder}")
    at.button(key=start).click().run()
    assert [error.value for error in at.error] == ["This can't be started: the disk is full"]


def test_runs_on_another_data_set_are_not_shown_as_those_of_the_chosen_one() -> None:
    matrix, grid = "imbalance-drawn", "grid-compact_resnet-drawn"
    write_recorded_cells(matrix_cells(prefix=matrix)[:1], Path("runs") / matrix)
    write_recorded_cells(grid_cells("compact_resnet", prefix=grid)[:1], Path("runs") / grid)
    for tab, name in (("Imbalance matrix", matrix), ("Grid search", grid)):
        at = opened(tab)
        (told,) = at.error
        assert f"runs/{name}/{name}-" in told.value
        assert "was trained on another data set" in told.value
        assert not at.get("plotly_chart")
        assert not at.code


def test_a_grid_is_as_it_was_chosen_after_a_look_at_another_tab() -> None:
    at = opened("Grid search")
    at.multiselect(key="train_grid_rates").set_value(["0.001"])
    at.multiselect(key="train_grid_optimizers").set_value(["adam", "adamw"]).run()
    assert at.button(key="train_grid_start").label == "Train 4 of 4 runs"
    command = at.code[0].value
    at.session_state["train_tab"] = "Jobs"
    at.run()
    at.session_state["train_tab"] = "Grid search"
    at.run()
    assert at.button(key="train_grid_start").label == "Train 4 of 4 runs"
    assert at.code[0].value == command
    assert opened("Grid search", **at.query_params).code[0].value == command


def test_a_grid_over_nothing_asks_for_a_choice() -> None:
    at = opened("Grid search")
    at.multiselect(key="train_grid_rates").set_value([]).run()
    assert not at.exception
    assert "Choose at least one learning rate" in sentences(at)
    assert not at.code


def test_a_grid_starts_with_halving_where_asked() -> None:
    at = opened("Grid search")
    at.toggle(key="train_grid_halving").set_value(True).run()
    at.button(key="train_grid_start").click().run()
    assert not at.exception
    (job,) = store().all()
    assert {"grid", "--halving"} <= set(job.command)
    assert len(at.dataframe[0].value) == 18


def test_a_grid_can_start_from_random_weights_in_a_folder_of_its_own() -> None:
    at = opened("Grid search")
    assert "train_grid_pretrained_compact_resnet" not in [toggle.key for toggle in at.toggle]
    at.selectbox(key="train_grid_network").set_value("densenet121").run()
    assert "pretrained" not in at.code[0].value
    assert at.code[0].value.endswith("--to runs/grid-densenet121-drawn")
    at.toggle(key="train_grid_pretrained_densenet121").set_value(False).run()
    assert "--no-pretrained" in at.code[0].value
    assert at.code[0].value.endswith("--to runs/grid-densenet121-random-drawn")
    at.selectbox(key="train_grid_network").set_value("efficientnet_lite0").run()
    at.toggle(key="train_grid_pretrained_efficientnet_lite0").set_value(True).run()
    assert at.error[0].value.startswith("activation: the pretrained weights of efficientnet_lite0 go with relu")


def test_what_an_ensemble_is_worth_is_told_in_the_language_of_each_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for language, sentence in (("en", "held-out images"), ("ko", "홀드아웃 이미지"), ("en", "held-out images")):
        monkeypatch.setattr("fer_core.words._language", lambda language=language: language)
        assert sentence in sentences(opened(_("Ensemble")))


def test_an_ensemble_is_joined_used_and_the_shipped_one_restored() -> None:
    for name, network in (("a", "cnn"), ("b", "vgg"), ("c", "compact_vgg")):
        write_recorded_run(Path("runs") / name, network=network)
    at = opened("Ensemble")
    assert len(at.multiselect(key="train_members").value) == 3
    next(button for button in at.button if button.label == "Join").click().run()
    assert not at.exception, at.exception
    assert (Path("runs") / "my-ensemble" / "ensemble.json").exists()
    next(button for button in at.button if button.label == "Use on the Predict page").click().run()
    assert active_card() == Path("runs/my-ensemble/ensemble.json").resolve()
    next(button for button in at.button if button.label == "Restore the shipped one").click().run()
    assert active_card() == SHIPPED_CARD


def test_an_ensemble_is_as_it_was_asked_for_after_a_look_at_another_tab() -> None:
    for name, network in (("a", "cnn"), ("b", "vgg"), ("c", "compact_vgg")):
        write_recorded_run(Path("runs") / name, network=network)
    at = opened("Ensemble")
    at.multiselect(key="train_members").set_value(["runs/a", "runs/b"])
    at.text_input(key="train_ensemble_name").set_value("two")
    at.toggle(key="train_retrain").set_value(True).run()
    command = at.code[0].value
    assert "runs/a runs/b --to runs/two --name two --retrain" in command
    at.session_state["train_tab"] = "Jobs"
    at.run()
    at.session_state["train_tab"] = "Ensemble"
    at.run()
    assert at.code[0].value == command


def test_an_own_run_can_be_joined_with_the_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", "shipped")
    assert "No run is recorded yet" in sentences(opened("Ensemble"))
    shipped = str(write_recorded_run(tmp_path / "shipped/runs/a", network="cnn").relative_to(tmp_path))
    Path(shipped, "model.onnx").rename("shipped/a.onnx")
    assert opened("Ensemble").multiselect(key="train_members").value == [shipped]
    own = str(write_recorded_run(Path("runs/b"), network="vgg"))
    at = opened("Ensemble")
    members = at.multiselect(key="train_members")
    assert members.value == [own]
    known = candidates([Path("shipped/runs"), Path("runs")]).set_index("run")["val_accuracy"]
    assert set(members.options) == {f"a (shipped) ({known['a']:.1%})", f"b ({known['b']:.1%})"}
    assert sorted(at.dataframe[0].value["val_accuracy"]) == pytest.approx(sorted(known * 100))
    members.set_value([own, shipped]).run()
    next(button for button in at.button if button.label == "Join").click().run()
    assert not at.exception
    assert len(EnsembleCard.read("runs/my-ensemble/ensemble.json").members) == 2


def test_in_the_public_demo_a_job_tells_no_place_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = store().submit(["true"], kind="train", title="A run", result=str(tmp_path / "run" / "run.yaml"), start=False)
    store().write(job.model_copy(update={"state": JobState.FAILED, "reason": f"{tmp_path}: full"}))
    store().log(job.id).write_text(f"writing {tmp_path}\n")
    assert str(tmp_path) in sentences(opened("Jobs"))
    monkeypatch.setenv("FER_READ_ONLY", "1")
    at = opened("Jobs")
    assert str(tmp_path) not in sentences(at) + "".join(code.value for code in at.code)


@pytest.mark.parametrize("tab", ["One run", "Jobs", "Imbalance matrix", "Grid search", "Ensemble"])
def test_in_the_public_demo_nothing_can_be_started_or_changed(tab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    job = store().submit(["true"], kind="train", title="A run", start=False)
    store().write(job.model_copy(update={"state": JobState.RUNNING, "pid": 1, "pid_started": 0.0}))
    monkeypatch.setenv("FER_READ_ONLY", "1")
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    at = opened(tab)
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before
    assert "public demo" in sentences(at)
    assert not {button.key for button in at.button} - {f"train_open_{job.id}" for job in store().all()}
