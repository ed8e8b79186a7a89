import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.comparison.limits import read_limits, write_limits
from fer_core.comparison.measure import evaluate_ensemble
from fer_core.comparison.measure_limits import MARGINS, STEPS, TILTS, measure_limits, measure_pipeline
from fer_core.datasets.store import save_dataset
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard
from fer_core.prediction.detection import Detection
from fer_core.prediction.disturb import Disturbance
from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.framing import BORDER, ENLARGED, framing_of


class FramedDetector:
    """Finds the face where pictures of the data set are framed to have it; in dark ones none."""

    name = "centerface"

    def detect(self, image):
        if image.mean() < 1:
            return []
        framing, side = framing_of(self.name), image.shape[0] / ENLARGED - 2 * BORDER
        size = framing.size * side
        box = (BORDER + framing.x * side - size / 2, BORDER + framing.y * side - size / 2, size, size)
        return [Detection(tuple(ENLARGED * length for length in box), 0.9)]


@pytest.fixture(scope="module")
def ensemble(recorded_card):
    return Ensemble.load(recorded_card)


@pytest.fixture(scope="module")
def limits(drawn, ensemble):
    return measure_limits(ensemble, drawn, [FramedDetector()], code_version="abc")


def test_undisturbed_is_what_evaluating_the_hold_out_says(drawn, ensemble, limits):
    expected = evaluate_ensemble(ensemble, drawn, "validation")
    for field, steps in limits.disturbances.items():
        undisturbed = next(step for step in steps if step.value == getattr(Disturbance(), field))
        assert undisturbed.accuracy == expected.accuracy
        assert undisturbed.interval == expected.interval
    assert limits.images == expected.images


def test_fewer_images_are_always_the_same_ones(drawn, ensemble, limits, monkeypatch):
    monkeypatch.setattr("fer_core.comparison.measure_limits.STEPS", {"blur": (0.0, 1.0)})
    first, second = (measure_limits(ensemble, drawn, [], most=20).disturbances for _ in range(2))
    assert first == second
    assert measure_limits(ensemble, drawn, [], most=20).images == 20
    assert measure_limits(ensemble, drawn, [], most=10_000).images == limits.images


def test_every_step_is_measured(limits):
    assert {field: tuple(s.value for s in steps) for field, steps in limits.disturbances.items()} == STEPS
    assert tuple(step.value for step in limits.pipelines[0].margins) == MARGINS
    assert tuple(step.value for step in limits.pipelines[0].tilts) == TILTS


def test_a_face_found_where_it_is_framed_is_cut_out_as_it_was(faces, ensemble):
    images = np.kron(faces[:, ::8, ::8], np.ones((8, 8), np.uint8))  # smooth enough to be enlarged and reduced again
    images = np.concatenate([images, np.zeros((1, 48, 48), np.uint8)])
    answers = ensemble.probabilities(images)
    found = measure_pipeline(ensemble, images, answers.argmax(axis=1), FramedDetector(), undisturbed=answers)
    assert (found.images, found.found, found.alone.accuracy) == (6, 5, 1)
    assert next(step for step in found.margins if step.value == 0).accuracy == 1


def test_a_detector_that_finds_nothing_is_an_error(ensemble):
    with pytest.raises(ValueError, match="centerface found no face in 2 pictures"):
        measure_pipeline(
            ensemble,
            np.zeros((2, 48, 48), np.uint8),
            np.zeros(2, int),
            FramedDetector(),
            undisturbed=np.full((2, 7), 1 / 7),
        )


def test_numbers_belong_to_one_ensemble(limits, ensemble, tmp_path):
    assert read_limits(ensemble.card, tmp_path) is None
    path = write_limits(limits, tmp_path / "ensemble.json")
    assert read_limits(ensemble.card, tmp_path) == limits
    assert read_limits(ensemble.card.model_copy(update={"flip_averaging": False}), tmp_path) is None
    calibrated = ensemble.card.model_copy(update={"temperature": 2.0, "label_smoothing": 0.1, "not_sure_below": 0.5})
    assert read_limits(calibrated, tmp_path) == limits
    write_limits(limits.model_copy(update={"data_fingerprint": "another"}), tmp_path / "ensemble.json")
    assert read_limits(ensemble.card, tmp_path) is None
    path.write_text(path.read_text()[:100])
    assert read_limits(ensemble.card, tmp_path) is None


@pytest.mark.slow
def test_the_command_writes_beside_the_card(drawn, recorded_card, tmp_path):
    card = shutil.copytree(recorded_card.parent, tmp_path / "models") / recorded_card.name
    save_dataset(drawn, tmp_path / "drawn.npz")
    arguments = ["limits", "--data", str(tmp_path / "drawn.npz"), "--model", str(card)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert "rotation -45" in result.stdout
    assert "margin -0.05" in result.stdout
    found = read_limits(EnsembleCard.read(card), card.parent)
    assert found.data_fingerprint == drawn.fingerprint


def test_another_data_set_than_it_was_trained_on_is_refused(drawn, tiny_card):
    with pytest.raises(
        ValueError, match=f"held out from it, which are of the data set 0123456789abcdef; this is {drawn.fingerprint}"
    ):
        measure_limits(Ensemble.load(tiny_card), drawn, [])


def test_the_command_says_what_is_wrong(tiny_card, tmp_path):
    result = CliRunner().invoke(app, ["limits", "--data", str(tmp_path / "none.zip"), "--model", str(tiny_card)])
    assert result.exit_code == 1
    assert "none.zip" in result.stderr


def test_the_command_says_before_the_work_that_it_cannot_write(tiny_models, card_writer, tmp_path):
    card = card_writer(tmp_path / "ensemble.json", [Path(shutil.copy(model, tmp_path)) for model in tiny_models])
    (tmp_path / "ensemble-limits.json").mkdir()
    result = CliRunner().invoke(app, ["limits", "--data", str(tmp_path / "none.zip"), "--model", str(card)])
    assert result.exit_code == 1
    assert "--model: " in result.stderr
    assert "ensemble-limits.json can't be written (it is a folder)" in result.stderr


def test_the_shipped_ensembles_limits_are_its_own():
    found = read_limits(EnsembleCard.read(SHIPPED_CARD), SHIPPED_CARD.parent)
    assert found.images > 2000
    assert {pipeline.detector for pipeline in found.pipelines} == {"centerface", "yunet"}
