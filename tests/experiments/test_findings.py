import numpy as np
import pandas as pd
import pytest

from fer_core.evaluation.report import evaluate_probabilities
from fer_core.experiments import findings
from fer_core.experiments.findings import (
    data_claims,
    ensemble_claims,
    matrix_claims,
    matrix_table,
    network_claims,
    networks_table,
)
from fer_core.experiments.status import standings
from tests.experiments.test_experiments import experiment, record

SIX = [(s, loss) for s in ("mild", "full") for loss in ("cross_entropy", "weighted_cross_entropy", "focal")]


def cells(best: tuple[str, str], lead: float, noise: float) -> list[tuple[str, str, float]]:
    return [(*cell, 0.55 + (lead if cell == best else 0) + noise * seed) for cell in SIX for seed in (0, 1)]


def test_counts_of_the_data_are_compared() -> None:
    assert [claim.holds for claim in data_claims()] == [True]


@pytest.mark.parametrize(
    ("best", "lead", "noise", "holds"),
    [
        (("full", "cross_entropy"), 0.02, 0.005, True),
        (("mild", "focal"), 0.02, 0.005, False),
        (("full", "cross_entropy"), 0.002, 0.005, None),
    ],
)
def test_the_best_cell_counts_only_where_its_lead_is_above_the_noise(
    best: tuple[str, str], lead: float, noise: float, holds: bool | None
) -> None:
    assert matrix_claims(matrix_table(cells(best, lead, noise)))[0].holds is holds


def test_an_incomplete_matrix_is_open_and_says_how_far_it_is() -> None:
    claim = matrix_claims(matrix_table(cells(SIX[0], 0.1, 0.0)[:4]))[0]
    assert claim.holds is None
    assert claim.evidence.startswith("2 of the six cells")
    assert matrix_claims(matrix_table([]))[0].evidence.startswith("0 of the six")


def test_networks_stand_beside_the_reports_numbers_and_missing_ones_say_so(tmp_path) -> None:
    record(tmp_path / "cnn", experiment("base/cnn").variants[0].config)
    standing = next(s for s in standings([tmp_path]) if s.experiment.id == "base/cnn")
    history = pd.read_csv(tmp_path / "cnn" / "history.csv").assign(accuracy=0.8)
    history.to_csv(tmp_path / "cnn" / "history.csv", index=False)
    found = {"cnn": findings.reproduced(standing)}
    table = networks_table(found).set_index("network")
    assert table.loc["CNN", ["report_accuracy", "accuracy"]].tolist() == [0.5542, 1.0]
    assert table.loc["VGG", "differs"] == "not run yet"
    assert found["cnn"].gap == pytest.approx(0.3)
    order = network_claims(found)[0]
    assert order.holds is None
    assert "missing: DenseNet, ResNet, VGG, AlexNet" in order.evidence


def test_the_shipped_ensemble_is_held_against_the_reports_test_result() -> None:
    labels = np.arange(70) % 7
    right = evaluate_probabilities(np.eye(7)[labels] * 0.9 + 0.1 / 7, labels, split="test")
    wrong = evaluate_probabilities(np.eye(7)[(labels + 1) % 7] * 0.9 + 0.1 / 7, labels, split="test")
    assert [claim.holds for claim in ensemble_claims({}, right)][:2] == [None, True]
    assert ensemble_claims({}, wrong)[1].holds is False
    assert len(ensemble_claims({}, None)) == 1
