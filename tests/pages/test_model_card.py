"""The part of the Predict page that says what its answers are worth."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from fer_core.comparison.limits import Limits
from fer_core.comparison.readings import read_readings
from fer_core.prediction.active import use_card
from fer_core.prediction.card import FAST_CARD, SHIPPED_CARD, EnsembleCard
from fer_core.training.assemble import assemble
from fer_core.training.record import RECORD, read_run, write_run
from pages import model_card
from pages.model_card import test_confusion as matrix_of_test_images
from tests.training.records import write_recorded_run

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


def opened() -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["card"] = True
    at.run()
    assert not at.exception
    return at


def table_with(at: AppTest, column: str) -> pd.DataFrame:
    return next(element.value for element in at.dataframe if column in element.value)


def displayed(at: AppTest, column: str) -> list[str]:
    """Columns that are shown of the table which holds this one."""
    return list(next(element for element in at.dataframe if column in element.value).proto.column_order)


def test_one_network_answers_where_fast_is_chosen() -> None:
    at = opened()
    networks = table_with(at, "network")["network"].tolist()
    assert networks == [member.name for member in EnsembleCard.read(SHIPPED_CARD).members]
    at.segmented_control(key="by").set_value("fast").run()
    assert not at.exception
    assert at.query_params["by"] in ("fast", ["fast"])
    assert any(element.value.startswith("## ") for element in at.markdown)
    fast = EnsembleCard.read(SHIPPED_CARD.with_name(FAST_CARD))
    assert table_with(at, "network")["network"].tolist() == [member.name for member in fast.members]


def test_limits_that_are_not_measured_are_told_with_the_command_for_that_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.model_limits.read_limits", lambda card, folder: None)
    at = opened()
    assert [caption for caption in at.caption if "`python -m fer_core limits`" in caption.value]
    at.segmented_control(key="by").set_value("fast").run()
    assert [caption for caption in at.caption if re.search(r"limits --model \S*fast\.json`", caption.value)]


def test_the_model_card_shows_scores_computed_from_the_recorded_runs() -> None:
    at = opened()
    tables = [element.value for element in at.dataframe]
    assert {"accuracy", "low", "high", "new_images_accuracy"} <= set(tables[0].columns)
    assert tables[0]["accuracy"].between(50, 100).all()
    assert tables[0]["new_images_accuracy"].between(tables[0]["new_images_low"], tables[0]["new_images_high"]).all()
    assert "Hold-out" in set(tables[0]["split"])
    assert "two official test halves" in json.loads(at.dataframe[0].proto.columns)["split"]["help"]
    assert "were fitted on the hold-out" in at.caption[-1].value
    assert "energy that it uses was not measured" in at.caption[-1].value
    members = table_with(at, "network")
    begun = dict(zip(members["network"], members["starting weights"], strict=True))
    assert begun == {name: "faces (dlib)" if name == "face_resnet" else "random" for name in begun}


def test_the_model_card_of_a_data_set_without_private_images_shows_the_scores_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    folders = [write_recorded_run(tmp_path / f"run-{seed}", seed=seed) for seed in range(2)]
    for run in map(read_run, folders):
        splits = {name: split for name, split in run.splits.items() if name != "private"}
        write_run(run.folder, run.record, run.history.to_dict("records"), splits)
    card = assemble(folders, tmp_path / "mine", name="mine")
    use_card(tmp_path / "mine" / SHIPPED_CARD.name)
    at = opened()
    assert set(table_with(at, "accuracy")["split"]) == {"Hold-out", "PublicTest"}
    assert not [element for element in at.markdown if "Share of each class's" in element.value]
    with pytest.raises(ValueError, match="No answers to the test images are recorded"):
        matrix_of_test_images(card.model_dump_json(), tmp_path / "mine")


def test_the_matrix_of_the_test_images_is_that_of_the_runs_beside_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    runs = [write_recorded_run(tmp_path / f"run-{seed}", seed=seed) for seed in range(2)]
    card = assemble(runs, tmp_path / "mine", name="mine")
    assert matrix_of_test_images(card.model_dump_json(), tmp_path / "mine").sum() > 0


@pytest.mark.parametrize(
    ("synthetic", "words"), [(True, "drawn faces"), (False, "not FER2013 as it was published")], ids=["drawn", "other"]
)
def test_the_model_card_of_another_data_set_says_nothing_of_fer2013(
    synthetic: bool, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    runs = [write_recorded_run(tmp_path / f"run-{seed}", seed=seed) for seed in range(2)]
    for run in runs:
        record = yaml.safe_load((run / RECORD).read_text()) | {"synthetic": synthetic}
        (run / RECORD).write_text(yaml.safe_dump(record))
    assemble(runs, tmp_path / "mine", name="*mine*")
    use_card(tmp_path / "mine" / SHIPPED_CARD.name)
    at = opened()
    said = [element.value for element in at.markdown]
    assert any(words in text for text in said)
    assert any("on images of its own data set" in text for text in said)
    assert not any("learned from FER2013" in text or "images of FER2013" in text for text in said)
    assert at.caption[-1].value.startswith(r"\*mine\*")
    (hint,) = [caption.value for caption in at.caption if "fer_core evaluate" in caption.value]
    assert re.search(r"evaluate --model \S*mine/ensemble\.json`", hint)


def test_every_evaluation_is_listed_with_the_name_then_and_those_of_these_networks_are_marked() -> None:
    table = table_with(opened(), "temperature")
    name = EnsembleCard.read(SHIPPED_CARD).name
    assert {"second ensemble", "third ensemble", "fast", name} <= set(table["name"])
    assert set(table.loc[table["own"], "name"]) == {name}


def test_evaluations_on_other_data_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "data" not in displayed(opened(), "temperature")
    readings = read_readings(SHIPPED_CARD.parent)
    others = [reading.model_copy(update={"data_fingerprint": "0123456789abcdef"}) for reading in readings[:2]]
    monkeypatch.setattr("pages.model_card.read_readings", lambda folder: [*readings, *others])
    at = opened()
    assert "data" in displayed(at, "temperature")
    assert set(table_with(at, "temperature")["data"][:2]) == {"0123456789abcdef"}
    (told,) = [caption.value for caption in at.caption if "on another data set" in caption.value]
    assert "2 of these were measured on another data set than" in told


def test_a_class_without_test_images_has_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = pd.Series([0.5, float("nan")], index=["happy", "disgusted"])
    scores, _, members = model_card.card_tables(SHIPPED_CARD.read_text(), SHIPPED_CARD.parent)
    monkeypatch.setattr("pages.model_card.card_tables", lambda *_: (scores, shares, members))
    (told,) = [text.value for text in opened().markdown if "Share of each class's" in text.value]
    assert told.endswith("happy 50%")


def test_the_model_card_shows_what_each_network_brings_and_what_others_would() -> None:
    at = opened()
    table = table_with(at, "difference")
    assert set(table[table["member"]]["run"]) == {
        Path(member.run).name for member in EnsembleCard.read(SHIPPED_CARD).members
    }
    assert not table["member"].all()
    assert (table["low"] <= table["difference"]).all()
    assert (table["difference"] <= table["high"]).all()
    at.segmented_control(key="by").set_value("fast").run()
    assert not [element for element in at.dataframe if "difference" in element.value]


def test_the_model_card_shows_what_the_ensemble_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    step = {"value": 0.0, "accuracy": 0.7, "interval": (0.68, 0.72)}
    pipeline = {"detector": "centerface", "images": 100, "found": 90, "alone": step}
    limits = Limits.model_validate(
        {
            "ensemble": "0",
            "data_fingerprint": "0",
            "images": 100,
            "disturbances": {"rotation": [step], "blur": [step]},
            "pipelines": [
                pipeline
                | {
                    "margins": [step],
                    "tilts": [
                        step | {"value": 30.0, "accuracy": 0.61},
                        step | {"value": 45.0, "accuracy": 0.685, "found": 87},
                    ],
                }
            ],
            "measured": "2026-01-01T00:00:00Z",
            "code_version": None,
        }
    )
    monkeypatch.setattr("pages.model_limits.read_limits", lambda card, folder: limits)
    at = opened()
    said = " ".join(element.value for element in at.markdown)
    for words in (
        "How robust it is",
        "by CenterFace",
        "in 90.0% of the 100 pictures",
        "30° 61.0% of those still found",
        "45° 68.5% of the 87.0% still found",
    ):
        assert words in said
    at.pills(key="limits-along").set_value("blur").run()
    assert not at.exception
    assert at.get("plotly_chart")[-1].proto.alt.startswith("accuracy: Standard deviation in pixels")
