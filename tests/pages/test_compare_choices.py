"""What the Compare page says of what is chosen in it, and of what the choice is worth."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.comparison.annotations import annotate
from fer_core.comparison.models import read_model
from fer_core.comparison.places import Places, find_entries
from fer_core.comparison.xray import leave_one_out
from fer_core.datasets.store import DRAWN, open_dataset
from fer_core.evaluation.paired import holm, written_p
from fer_core.training.config import RunConfig
from fer_core.training.record import SplitProbabilities, write_run
from pages.compare_data import load_rows
from pages.compare_saved import voters_of
from pages.written import as_written
from tests.comparison.records import answer_alike, forget_digests, write_ensemble, write_record
from tests.pages.test_compare import measured, opened, said
from tests.pages.test_training_studies import click_inside
from tests.training.records import made_up_record


def test_pickers_say_the_given_name_and_the_address_the_key(recorded: Places) -> None:
    measured(recorded)
    annotate(recorded.annotations, "mine", name="The small one")
    at = opened(cmp_tab="Confusion", cmp_models=["ensemble", "mine"], cmp_first="mine")
    assert {"The small one", "three"} <= set(at.multiselect(key="cmp_models").options)
    assert at.selectbox(key="cmp_first").options == ["three", "The small one"]
    assert at.selectbox(key="cmp_second").options == ["–", "three"]
    assert at.selectbox(key="cmp_first").value == "mine"
    at.selectbox(key="cmp_second").set_value("ensemble").run()
    assert "ensemble" in at.query_params["cmp_second"]
    assert {"ensemble", "mine"} == set(at.query_params["cmp_models"])
    for tab, picker in (("ROC", "cmp_roc_model"), ("Calibration", "cmp_cal_model"), ("Leaderboard", "cmp_baseline")):
        at = opened(cmp_tab=tab, cmp_models=["ensemble", "mine"], **{picker: "mine"})
        assert "The small one" in at.selectbox(key=picker).options
        assert at.selectbox(key=picker).value == "mine"


def test_an_address_of_more_models_than_can_be_shown_shows_the_first(
    recorded: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.compare_data.MOST_CHOSEN", 2)
    measured(recorded)
    at = opened(cmp_models=["mine", "compact_vgg", "compact_resnet"])
    assert at.multiselect(key="cmp_models").value == ["mine", "compact_vgg"]


def test_a_search_without_hits_says_so(recorded: Places) -> None:
    measured(recorded)
    at = opened(cmp_search="nothing of this name")
    at.run()  # the figure comes after the table
    assert "No model fits the search and filters." in said(at)
    assert "No cost is known" not in said(at)
    assert "Accuracy against cost" not in [heading.value for heading in at.subheader]


def test_a_search_in_a_table_of_nothing_finds_nothing(where: Places) -> None:
    write_record(where.own / "only", seed=1, sizes={"validation": 210})
    measured(where)
    at = opened(cmp_split="Hold-out", cmp_search="only", cmp_new="true")
    assert at.dataframe[0].value.empty


def test_subsets_on_test_images_are_told_to_be_no_choice_and_p_values_adjusted(recorded: Places) -> None:
    measured(recorded)
    at = opened(cmp_tab="X-ray", cmp_split="PrivateTest")
    assert "Choose members on the hold-out" in said(at)
    model = read_model(next(entry for entry in find_entries(recorded) if entry.kind == "ensemble"))
    adjusted = holm(leave_one_out(voters_of(model, "private", new_only=False))["p_value"])
    assert at.dataframe[0].value["p_value"].tolist() == [written_p(p) for p in adjusted]
    assert "Choose members on the hold-out" not in said(opened(cmp_tab="X-ray", cmp_split="Hold-out"))


@pytest.mark.parametrize("trained_on", ["drawn", "corrected", "other"])
def test_pictures_are_shown_of_the_drawn_set_and_of_a_data_set_that_was_corrected_for_training(
    where: Places, trained_on: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = open_dataset(DRAWN)
    labels = drawn.labels.copy()
    labels[drawn.where("Training")[0]] = (labels[drawn.where("Training")[0]] + 1) % 7
    corrected = replace(drawn, labels=labels)
    facts = {"data_fingerprint": corrected.fingerprint, "synthetic": False}
    if trained_on != "drawn":
        monkeypatch.setattr("pages.compare_pictures.default_source", lambda: DRAWN)
    facts |= {"corrected": {"corrections": "corrections.csv"}, "other": {}}.get(
        trained_on, {"data_fingerprint": drawn.fingerprint, "synthetic": True}
    )
    part = drawn.split("private")
    answers = SplitProbabilities(
        part.names, part.labels, np.eye(7)[part.labels] * 0.86 + 0.02, np.zeros(len(part), bool)
    )
    record = made_up_record("only", RunConfig(network="cnn"), **facts)
    write_run(where.own / "only", record, [{"epoch": 1, "val_accuracy": 1.0}], {"private": answers})
    measured(where)
    at = opened(cmp_tab="Confusion", cmp_split="PrivateTest", cmp_true="happy", cmp_predicted="happy")
    assert bool(at.get("image")) == (trained_on != "other")
    assert ("is another" in said(at)) == (trained_on == "other")


def test_a_given_name_is_shown_as_it_was_written(recorded: Places) -> None:
    measured(recorded)
    annotate(recorded.annotations, "mine", name="[_a_ <b>](x) $1 *")
    at = opened(cmp_tab="Confusion", cmp_models=["mine"])
    assert r"**\[\_a\_ \<b\>\](x) \$1 \***: " in said(at)
    assert "[_a_ &lt;b&gt;](x) $1 *" in at.get("plotly_chart")[0].proto.spec
    at = opened(cmp_search="<b>")
    at.run()
    assert r"better than: 1 \[\_a\_ \<b\>\](x) \$1 \*." in said(at)


def test_names_that_look_like_markdown_stay_text_in_every_tab(
    recorded: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = forget_digests(recorded.own / "mine") / "history.csv"
    history.write_text(history.read_text().replace("seconds", "moments"))
    (write_record(recorded.own / "_broken_", seed=3) / "history.csv").unlink()
    measured(recorded)
    annotate(recorded.annotations, "mine", name=":material/delete: *a*")
    at = opened(cmp_tab="Curves", cmp_models=["mine"], cmp_over="Minutes")
    shown = r"&#58;material/delete&#58; \*a\*"
    assert f"tell this: {shown}." in said(at)
    assert f"- **{shown}** " in said(at)
    assert r"**\_broken\_** · " in said(at)
    assert r"Saved (compact\_densenet wrong, the ensemble right)" in said(opened(cmp_tab="X-ray"))
    monkeypatch.setattr("fer_core.comparison.imported.import_tracked", lambda _: (["_a_"], []))
    at = opened()
    next(button for button in at.button if button.label == "Import from MLflow").click().run()
    assert r"Brought in: \_a\_." in said(at)


def test_a_record_that_cannot_be_deleted_says_why_whatever_tab_is_open(
    recorded: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = write_record(recorded.own / "broken", seed=3)
    (broken / "history.csv").unlink()
    measured(recorded)
    at = opened(cmp_tab="Curves")
    at.button(key="cmp-delete-broken").click().run()
    broken.rename(recorded.own.parent / "away")
    asked = next(button for button in at.button if button.label == "Delete")
    click_inside(at, asked, monkeypatch)
    assert "broken: not all of it could be deleted" in at.error[0].value


def naming() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from fer_core.comparison.annotations import Annotation
    from pages.compare_actions import show_actions

    rows = {
        key: SimpleNamespace(annotation=Annotation(), entry=SimpleNamespace(key=key, origin="own"))
        for key in ("first", "second")
    }
    st.session_state.setdefault("selected", "first")
    show_actions(rows, [st.session_state["selected"]], None)


def test_a_public_demo_changes_no_record(where: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    changing = {"Pin", "Save", "Delete …"}
    assert changing <= {button.label for button in AppTest.from_function(naming).run().button}
    monkeypatch.setenv("FER_READ_ONLY", "1")
    at = AppTest.from_function(naming).run()
    assert not at.exception
    assert not changing & {button.label for button in at.button}
    assert "runs can't be pinned, named or deleted here" in said(at)


def test_a_note_that_was_not_saved_stays_with_its_run(where: Places) -> None:
    at = AppTest.from_function(naming).run()
    first = at.text_area[0].proto.id  # by which the browser keeps what is typed
    at.run()
    assert at.text_area[0].proto.id == first
    at.session_state["selected"] = "second"
    at.run()
    assert not at.exception
    assert at.text_area[0].proto.id != first


def comparing_one_too_many() -> None:
    from types import SimpleNamespace

    import pandas as pd

    from fer_core.comparison.annotations import Annotation
    from pages.compare_actions import show_actions

    row = SimpleNamespace(annotation=Annotation(), entry=SimpleNamespace(origin="shipped"))
    show_actions({f"run-{number}": row for number in range(31)}, [f"run-{n}" for n in range(31)], pd.DataFrame())


def test_what_is_too_much_to_compare_is_told() -> None:
    at = AppTest.from_function(comparing_one_too_many).run()
    next(button for button in at.button if button.label == "Compare these").click().run()
    assert not at.exception
    assert at.session_state["cmp_models"] == [f"run-{number}" for number in range(30)]
    assert at.info[0].value == "The first 30 of 31 are compared."


def test_runs_measured_on_other_images_are_told(recorded: Places) -> None:
    sizes = {"validation": 140, "holdout": 140, "public": 210, "private": 210}
    write_record(recorded.own / "other", seed=5, sizes=sizes)
    measured(recorded)
    at = opened(cmp_split="Validation")
    at.run()  # the figure comes after the table
    assert "there are 2 different parts" in said(at)
    assert "not all measured on the same images" in said(at)
    at = opened(cmp_split="Test (both)")
    at.run()
    assert "different parts" not in said(at)
    assert "No other model here is both cheaper" in said(at)
    assert "not all measured on the same images" not in said(at)


def test_p_values_are_adjusted_for_the_rows_that_are_shown(recorded: Places) -> None:
    measured(recorded)
    table = opened().dataframe[0].value
    plain, adjusted = table["p_value"].dropna(), table["p_holm"]
    assert len(plain) == 4
    assert adjusted[plain.idxmin()] in ("< 0.001", f"{min(1, 4 * plain.min()):.3f}")
    one = opened(cmp_search="compact_vgg").dataframe[0].value.set_index("key").loc["compact_vgg"]
    assert one["p_holm"] in ("< 0.001", f"{min(1, 2 * one['p_value']):.3f}", f"{one['p_value']:.3f}")


def test_a_calibration_error_on_the_images_of_its_temperature_is_told(recorded: Places) -> None:
    measured(recorded)
    assert "fitted on these very images" in said(opened(cmp_split="Hold-out"))
    assert "fitted on these very images" not in said(opened(cmp_split="Test (both)"))


def test_the_fast_model_has_its_cards_threshold(recorded: Places) -> None:
    write_ensemble(recorded.shipped, [recorded.shipped / "runs" / "compact_vgg"], name="quick", file="fast.json")
    measured(recorded)
    at = opened(cmp_tab="Calibration", cmp_models=["fast", "compact_vgg"])
    assert at.selectbox(key="cmp_cal_model").options == ["quick", "compact_vgg"]
    assert "At 40%, the threshold of the Predict page for this model" in said(at)
    at.selectbox(key="cmp_cal_model").set_value("compact_vgg").run()
    assert "A run by itself always answers" in said(at)


def test_a_chosen_run_keeps_its_name_where_a_member_has_the_same_id(recorded: Places) -> None:
    elsewhere = write_record(recorded.own.parent / "elsewhere" / "mine", seed=8)
    write_ensemble(recorded.own / "team", [recorded.shipped / "runs" / "compact_vgg", elsewhere], name="team")
    measured(recorded)
    at = opened(cmp_tab="Curves", cmp_models=["mine", "team"])
    for name in ("mine", r"mine (team&#58; mine)", r"compact\_vgg"):
        assert f"- **{name}** " in said(at)


def test_models_of_one_name_are_told_apart_in_table_and_captions(recorded: Places) -> None:
    for seed, name in enumerate(("a", "b")):
        answer_alike(write_record(recorded.own / name, seed=seed, sizes={"validation": 210, "private": 210}), 0)
        annotate(recorded.annotations, name, name="weak")
    measured(recorded)
    at = opened(cmp_split="PrivateTest")
    assert {"weak (a)", "weak (b)"} <= set(at.dataframe[0].value["title"])
    (told,) = [caption.value for caption in at.caption if "commonest class" in caption.value]
    assert "weak (a)" in told
    assert "weak (b)" in told
    at = opened(cmp_tab="Confusion", cmp_models=["a", "b", "mine"], cmp_split="PublicTest")
    assert "No answers for these images: weak (a), weak (b)." in said(at)


def test_a_record_that_was_deleted_meanwhile_is_told_with_a_way_on(
    recorded: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(recorded)
    gone = recorded.own / "mine"

    def loaded_before() -> tuple:
        found = load_rows()
        shutil.rmtree(gone)
        return found

    with monkeypatch.context() as patch:
        patch.setattr("pages.compare_data.load_rows", loaded_before)
        at = opened(cmp_tab="Confusion", cmp_models=["mine"])
    assert "Not all of this can be shown." in at.error[0].value
    assert as_written(str(gone)) in at.error[0].value
    next(button for button in at.button if button.label == "Look for the records again").click().run()
    assert not at.exception
    assert not at.error
    assert "mine" not in at.multiselect(key="cmp_models").options


def test_it_is_told_before_what_else_goes_with_an_ensemble(recorded: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ensemble(recorded.own / "team", [recorded.own / "mine", recorded.own / "none"])  # so that it is refused
    write_ensemble(recorded.own / "team", [recorded.own / "mine"], file="fast.json")
    measured(recorded)
    at = opened(cmp_tab="Curves")
    at.button(key="cmp-delete-team").click().run()
    assert "Also in these folders, and deleted with them: team-fast." in said(at)
    click_inside(at, next(button for button in at.button if button.label == "Delete"), monkeypatch)
    assert not at.error
    assert not (recorded.own / "team").exists()


def deleting_an_ensemble_and_its_fast_model() -> None:
    from fer_core.comparison.leaderboard import rows_of
    from fer_core.comparison.places import find_entries, places
    from fer_core.comparison.statistics import compute
    from pages.compare_actions import confirm_deletion

    entries = [entry for entry in find_entries() if entry.path.parent.name == "team"]
    if entries:
        rows = rows_of(entries, {entry.key: compute(entry) for entry in entries}, {}, places())
        confirm_deletion([*rows.values()])


def test_an_ensemble_and_its_fast_model_are_deleted_together(recorded: Places) -> None:
    write_ensemble(recorded.own / "team", [recorded.own / "mine", recorded.shipped / "runs" / "compact_vgg"])
    write_ensemble(recorded.own / "team", [recorded.own / "mine"], file="fast.json")
    at = AppTest.from_function(deleting_an_ensemble_and_its_fast_model).run()
    assert "deleted with them" not in said(at)
    next(button for button in at.button if button.label == "Delete").click().run()
    assert not at.exception
    assert "cmp-error" not in at.session_state
    assert not (recorded.own / "team").exists()
