from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score, top_k_accuracy_score

from fer_core.comparison import statistics
from fer_core.comparison.models import read_model
from fer_core.comparison.places import find_entries, places
from fer_core.comparison.statistics import SCORES, compute, kept, measure_answers
from fer_core.evaluation.calibration import expected_calibration_error
from tests.comparison.records import likely_answers, write_record

REAL = [entry for entry in find_entries(places()) if entry.origin == "shipped" and entry.kind == "run"]


def scikit_learn(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    # Of equal probabilities, which half precision has, scikit-learn takes the last class: so it is asked backwards.
    backwards = probabilities[:, ::-1]
    predicted, weighted = probabilities.argmax(axis=1), {"average": "weighted", "zero_division": 0}
    return {
        "accuracy": accuracy_score(labels, predicted),
        "top2_accuracy": top_k_accuracy_score(6 - labels, backwards, k=2, labels=range(7)),
        "macro_f1": f1_score(labels, predicted, average="macro"),
        "precision": precision_score(labels, predicted, **weighted),
        "recall": recall_score(labels, predicted, **weighted),
        "f1": f1_score(labels, predicted, **weighted),
        "mean_auc": np.mean([roc_auc_score(labels == place, probabilities[:, place]) for place in range(7)]),
    }


def test_scores_of_random_answers_are_scikit_learns():
    random = np.random.default_rng(0)
    probabilities, labels = random.dirichlet(np.ones(7), 500), np.append(np.arange(7), random.integers(0, 7, 493))
    found = measure_answers(probabilities, labels).scores
    assert found | scikit_learn(probabilities, labels) == pytest.approx(found)


@pytest.mark.skipif(not REAL, reason="no recorded run ships with this copy")
def test_scores_of_recorded_answers_are_scikit_learns():
    for entry in REAL[:3]:
        split = read_model(entry).splits["test"]
        found = measure_answers(split.probabilities, split.labels).scores
        assert found | scikit_learn(split.probabilities, split.labels) == pytest.approx(found)


def test_every_score_has_an_interval_around_it():
    split = likely_answers("test", 400, seed=1, skill=0.8)
    found = measure_answers(split.probabilities, split.labels)
    assert found.scores.keys() == found.intervals.keys() == set(SCORES)
    for name in set(SCORES) - {"ece"}:  # which chance alone moves above its interval
        assert found.intervals[name][0] < found.scores[name] < found.intervals[name][1]


def test_a_score_without_an_interval_is_kept_and_read_again(where):
    write_record(where.own / "tiny", seed=1, sizes={"validation": 21})
    entry = find_entries(where)[0]
    found = compute(entry).splits["validation"].all
    assert found.intervals.keys() == {"accuracy", "top2_accuracy", "recall"}
    assert "macro_f1" in found.scores
    statistics._kept.clear()
    assert kept(entry).splits["validation"].all == found


def test_the_calibration_error_is_of_confidences_that_were_put_right_on_the_hold_out(where):
    write_record(where.own / "run", seed=1, label_smoothing=0.1)
    entry = find_entries(where)[0]
    found, model = compute(entry), read_model(entry)
    temperature, split = model.fitted()
    assert (found.calibrated_on, split) == ("holdout", "holdout")
    for name, answers in model.splits.items():
        error = expected_calibration_error(model.calibrated(name, temperature), answers.labels)
        assert found.splits[name].all.scores["ece"] == pytest.approx(error)
        assert error != pytest.approx(expected_calibration_error(answers.probabilities, answers.labels), abs=1e-3)


def test_a_run_without_a_hold_out_is_calibrated_on_validation_and_a_card_by_its_own_temperature(recorded):
    write_record(recorded.own / "plain", seed=3, sizes={"validation": 210, "public": 210, "private": 210})
    models = {entry.key: read_model(entry) for entry in find_entries(recorded)}
    assert models["plain"].fitted()[1] == "validation"
    assert models["ensemble"].fitted() == (0.8, "holdout")
    split = models["ensemble"].splits["test"]
    np.testing.assert_allclose(models["ensemble"].calibrated("test", 0.8), split.probabilities, atol=1e-6)


def test_new_images_are_scored_without_those_that_stand_in_training(recorded):
    entry = find_entries(recorded)[1]
    found, split = compute(entry).splits["test"], read_model(entry).splits["test"]
    new = ~split.also_in_training
    assert found.new.images == new.sum() < found.all.images
    assert found.new.scores["accuracy"] == accuracy_score(split.labels[new], split.probabilities[new].argmax(axis=1))
    np.testing.assert_array_equal(found.right, split.probabilities.argmax(axis=1) == split.labels)
    np.testing.assert_array_equal(found.is_new, new)


def test_the_test_split_is_both_halves_and_an_ensemble_has_no_validation(recorded):
    ensemble, run = (compute(entry).splits for entry in find_entries(recorded)[:2])
    assert run["test"].all.images == run["public"].all.images + run["private"].all.images
    assert set(run) - set(ensemble) == {"validation"}


def test_statistics_are_kept_for_the_next_start_and_computed_anew_when_damaged(recorded, cache: Path, monkeypatch):
    entry = find_entries(recorded)[1]
    assert kept(entry) is None
    first = compute(entry)
    monkeypatch.setattr(statistics, "_kept", {})
    assert kept(entry) == first
    monkeypatch.setattr(statistics, "_kept", {})
    next(cache.rglob("*.json")).write_text("{")
    assert kept(entry) is None
    assert compute(entry) == first


def test_a_bad_record_is_a_problem_and_has_no_numbers(recorded):
    (recorded.own / "mine" / "probabilities.npz").write_bytes(b"PK\x03\x04")
    entry = next(entry for entry in find_entries(recorded) if entry.key == "mine")
    found = compute(entry)
    assert "is not the file that was recorded" in found.problems[0]
    assert not found.splits


def test_a_public_demo_writes_no_cache(recorded, cache: Path, monkeypatch):
    monkeypatch.setenv("FER_READ_ONLY", "1")
    entry = find_entries(recorded)[1]
    assert compute(entry) == kept(entry)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(recorded, tmp_path: Path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "file"))
    assert not compute(find_entries(recorded)[1]).problems
