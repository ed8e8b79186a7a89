import numpy as np
import pandas as pd
import pytest

from fer_core.evaluation.report import evaluate_probabilities
from fer_core.experiments.catalogue import ENSEMBLE
from fer_core.experiments.claims import (
    RANKING,
    data_claims,
    ensemble_claims,
    grid_claims,
    matrix_claims,
    network_claims,
    result_claims,
)
from fer_core.experiments.findings import alike, grid_table, matrix_row, matrix_table, reproduced, voted
from fer_core.experiments.status import standings
from fer_core.training.grid import SEARCHED
from fer_core.training.presets import REPORT_OPTIMA
from tests.experiments.test_experiments import experiment, record

SIX = [(s, loss) for s in ("mild", "full") for loss in ("cross_entropy", "weighted_cross_entropy", "focal")]


def cell(sampling: str, loss: str, accuracy: float, rarest: float = 0.4) -> dict[str, str | float]:
    return {"sampling": sampling, "loss": loss, "accuracy": accuracy, "macro_f1": 0.5, "rarest": rarest}


def cells(best: tuple[str, str], lead: float, noise: float) -> list[dict[str, str | float]]:
    return [cell(*keys, 0.55 + (lead if keys == best else 0) + noise * seed) for keys in SIX for seed in (0, 1)]


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


def test_a_single_run_has_no_spread_and_the_rarest_class_is_that_with_the_fewest_images(tmp_path) -> None:
    labels = np.array([0, 0, 0, 2, 2, 1, 1] + [3, 4, 5, 6] * 3)
    answers = np.eye(7)[np.where(np.arange(len(labels)) == 5, 6, labels)] * 0.9 + 0.1 / 7
    wanted = experiment("matrix/report/full/focal/1")
    record(tmp_path / "cell", wanted.variants[0].config, splits={"validation": (answers, labels)})
    found = reproduced(next(s for s in standings([tmp_path]) if s.folder))
    row = matrix_table([matrix_row(found)]).loc[("full", "focal")]
    assert np.isnan(row["spread"])
    assert (row["runs"], row["rarest"]) == (1, 0.5)
    assert row["mean"] == pytest.approx(18 / 19)


def test_an_incomplete_matrix_is_open_and_says_how_far_it_is() -> None:
    claim = matrix_claims(matrix_table(cells(SIX[0], 0.1, 0.0)[:4]))[0]
    assert claim.holds is None
    assert claim.evidence.startswith("2 of the 6 cells")
    assert matrix_claims(matrix_table([]))[0].evidence.startswith("0 of the 6")
    one_seed = [cell(*keys, 0.55 + place / 100) for place, keys in enumerate(SIX)]
    assert matrix_claims(matrix_table(one_seed[:3]))[0].evidence.startswith("3 of the 6")
    whole = matrix_claims(matrix_table(one_seed))[0]
    assert whole.holds is None
    assert "the noise is not known" in whole.evidence


@pytest.mark.parametrize(("gain", "holds"), [(0.02, True), (-0.02, False), (0.001, None)])
def test_what_oversampling_buys_is_held_against_the_noise(gain: float, holds: bool | None) -> None:
    pair = [cell("none", "cross_entropy", 0.55), cell("none", "cross_entropy", 0.555)]
    pair += [cell("full", "cross_entropy", 0.55 + gain, 0.6), cell("full", "cross_entropy", 0.555 + gain, 0.6)]
    claim = matrix_claims(matrix_table(pair))[1]
    assert claim.holds is holds
    assert f"{gain * 100:+.1f} points" in claim.evidence
    assert "40% without, 60% with it" in claim.evidence
    assert matrix_claims(matrix_table(pair[:2]))[1].holds is None


def test_a_grid_is_open_until_it_is_whole_and_then_compares_its_best() -> None:
    optimum = {name: REPORT_OPTIMA["cnn"][name] for name in SEARCHED}
    other = optimum | {"activation": "elu"}
    table = pd.DataFrame([{**optimum, "accuracy": 0.56}, {**other, "accuracy": 0.55}])
    assert [grid_claims(table, "cnn", points)[0].holds for points in (18, 2)] == [None, True]
    assert grid_claims(table[::-1].reset_index(drop=True), "cnn", 2)[0].holds is False
    assert grid_claims(grid_table({}), "cnn", 18)[0].evidence.startswith("0 of the 18")


def test_networks_that_are_missing_leave_the_order_open(tmp_path) -> None:
    record(tmp_path / "cnn", experiment("base/cnn").variants[0].config)
    found = {"cnn": reproduced(next(s for s in standings([tmp_path]) if s.experiment.id == "base/cnn"))}
    order = network_claims(found)[0]
    assert order.holds is None
    assert "missing: DenseNet, ResNet, VGG, AlexNet" in order.evidence


def test_networks_of_fewer_epochs_than_others_leave_the_order_open(tmp_path) -> None:
    for network, variant in zip(RANKING, (0, 0, 0, 0, -1), strict=True):
        record(tmp_path / network, experiment(f"base/{network}").variants[variant].config)
    found = {
        s.experiment.id.split("/")[1]: reproduced(s) for s in standings([tmp_path]) if s.experiment.group == "base"
    }
    order = network_claims(found)[0]
    assert order.holds is None
    assert "fewer epochs" in order.evidence


def test_only_experiments_run_in_one_way_are_held_beside_each_other(tmp_path) -> None:
    wanted = [experiment(f"matrix/report/full/focal/{seed}") for seed in (0, 1)]
    record(tmp_path / "whole", wanted[0].variants[0].config)

    def found() -> dict:
        return {s.experiment.id: reproduced(s) for s in standings([tmp_path]) if s.folder}

    assert list(alike(found())) == [wanted[0].id]
    record(tmp_path / "short", wanted[1].variants[1].config)
    assert list(alike(found())) == [wanted[0].id]
    for loss in ("cross_entropy", "weighted_cross_entropy"):
        record(tmp_path / loss, experiment(f"matrix/report/full/{loss}/0").variants[1].config)
    assert len(alike(found())) == 3
    assert wanted[0].id not in alike(found())
    assert alike({}) == {}


def test_the_three_best_vote_when_all_are_recorded(tmp_path) -> None:
    """On four images each member alone errs on another one."""
    labels = np.arange(4)
    for number, network in enumerate(ENSEMBLE):
        answers = np.eye(7)[np.where(labels == number, 6, labels)] * 0.9 + 0.1 / 7
        splits = {"validation": (answers, labels)} | dict.fromkeys(("holdout", "public", "private"), (answers, labels))
        record(tmp_path / network, experiment(f"ensemble/{network}").variants[-1].config, splits=splits)
    found = {
        s.experiment.id.split("/")[1]: reproduced(s)
        for s in standings([tmp_path])
        if s.experiment.group == "ensemble" and s.folder
    }
    assert voted({name: found[name] for name in ENSEMBLE[:2]}) is None
    together = voted(found)
    assert together.evaluations["validation"].accuracy == 1.0
    assert together.evaluations["test"].images == 8
    assert ensemble_claims(together, 3, 3)[0].holds is True
    assert ensemble_claims(None, 2, 3)[0].evidence.startswith("2 of its 3")


def test_the_first_ensemble_is_held_against_the_reports_test_result() -> None:
    labels = np.arange(70) % 7
    right = evaluate_probabilities(np.eye(7)[labels] * 0.9 + 0.1 / 7, labels, split="test")
    wrong = evaluate_probabilities(np.eye(7)[(labels + 1) % 7] * 0.9 + 0.1 / 7, labels, split="test")
    assert result_claims([("ours", right), ("other", wrong)])[0].holds is True
    assert result_claims([("ours", wrong)])[0].holds is False
    assert result_claims([]) == []
