from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_core.comparison.histories import learning_gap
from fer_core.experiments.catalogue import RANKING, experiments
from fer_core.experiments.claims import data_claims, matrix_claims, network_claims, what_oversampling_buys
from fer_core.experiments.findings import Reproduced, alike, matrix_row, matrix_table, reproduced
from fer_core.experiments.grid_claims import grid_claims
from fer_core.experiments.status import standings
from tests.experiments.test_experiments import experiment, record

SIX = [(s, loss) for s in ("mild", "full") for loss in ("cross_entropy", "weighted_cross_entropy", "focal")]


def cell(
    sampling: str, loss: str, accuracy: float, rarest: float = 0.4, seed: int = 0, differs: str = ""
) -> dict[str, str | float]:
    """As `matrix_row` tells it."""
    return {
        "sampling": sampling,
        "loss": loss,
        "seed": seed,
        "accuracy": accuracy,
        "macro_f1": 0.5,
        "rarest": rarest,
        "differs": differs,
    }


def cells(
    best: tuple[str, str], lead: float, noise: float = 0.0, seeds: int = 3, differs: str = ""
) -> list[dict[str, str | float]]:
    """The six cells over seeds whose splits are 3 points apart; their differences vary by about `noise`."""
    rng = np.random.default_rng(0)
    return [
        cell(
            *keys, 0.55 + (lead if keys == best else 0) + 0.03 * seed + rng.normal(0, noise), seed=seed, differs=differs
        )
        for keys in SIX
        for seed in range(seeds)
    ]


def test_counts_of_the_data_are_compared() -> None:
    assert [claim.holds for claim in data_claims()] == [True]


@pytest.mark.parametrize(
    ("best", "lead", "noise", "holds"),
    [
        (("full", "cross_entropy"), 0.02, 0.001, True),
        (("mild", "focal"), 0.02, 0.0005, False),
        (("full", "cross_entropy"), 0.002, 0.005, None),
        (("mild", "focal"), 0.002, 0.005, None),
    ],
)
def test_the_best_cell_counts_only_where_its_lead_over_the_seeds_is_beyond_chance(
    best: tuple[str, str], lead: float, noise: float, holds: bool | None
) -> None:
    """Seeds are further apart than cells: only their pairing tells the cells apart."""
    claim = matrix_claims(cells(best, lead, noise))[0]
    assert claim.holds is holds
    assert "over 3 seeds, paired" in claim.evidence
    assert ("adjusted for 5 comparisons (Holm)" in claim.evidence) is not claim.evidence.startswith(
        "Best here: full, cross"
    )


def test_a_matrix_of_fewer_seeds_or_trained_in_another_way_is_open_and_says_why() -> None:
    one = matrix_claims(cells(("full", "cross_entropy"), 0.05, seeds=1))[0]
    assert one.holds is None
    assert "1 of the 2 seeds that a verdict needs" in one.evidence
    assert "ahead by 5.0 points" in one.evidence
    near = matrix_claims(cells(("full", "cross_entropy"), 0.005, 0.004, seeds=2))[0]
    assert near.holds is None
    assert "over 2 seeds, paired" in near.evidence
    short = matrix_claims(cells(("full", "cross_entropy"), 0.05, 0.001, differs="5 in place of 15 epochs"))[0]
    assert short.holds is None
    assert "5 in place of 15 epochs" in short.evidence


def test_a_seed_that_one_cell_was_run_with_is_not_held_against_the_others() -> None:
    """Its split may be an easier one."""
    rows = [*cells(("mild", "focal"), 0.01, seeds=1), cell("full", "cross_entropy", 0.7, seed=1)]
    assert matrix_claims(rows)[0].evidence.startswith("Best here: mild, focal, ahead by 1.0 points; 1 of the 2 seeds")


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
    claim = matrix_claims(cells(SIX[0], 0.1, seeds=2)[:4])[0]
    assert claim.holds is None
    assert claim.evidence.startswith("2 of the 6 cells")
    assert matrix_claims([])[0].evidence.startswith("0 of the 6")
    assert "is not recorded" in what_oversampling_buys([])
    one_seed = [cell(*keys, 0.55 + place / 100) for place, keys in enumerate(SIX)]
    assert matrix_claims(one_seed[:3])[0].evidence.startswith("3 of the 6")
    whole = matrix_claims(one_seed)[0]
    assert whole.holds is None
    assert "1 of the 2 seeds" in whole.evidence


def test_what_oversampling_buys_is_told_with_how_much_seeds_differ() -> None:
    pair = [cell("none", "cross_entropy", 0.55 + 0.03 * seed, seed=seed) for seed in range(3)]
    pair += [
        cell("full", "cross_entropy", 0.57 + 0.03 * seed + more, 0.6, seed=seed)
        for seed, more in enumerate((-0.002, 0, 0.002))
    ]
    told = what_oversampling_buys(pair)
    assert "+2.0 points; 95% interval +1.5 to +2.5 over 3 seeds, paired" in told
    assert "40% without, 60% with it. An epoch with it takes 2.0 times as many steps" in told
    assert "is not recorded in one way" in what_oversampling_buys(pair[:3])


def test_a_difference_is_that_of_the_shares_beside_it_as_they_are_written() -> None:
    """37 hundredths of a point are 0.4, but stand under 57.4% and 57.1%."""
    shares = dict.fromkeys(SIX, 0.5) | {("full", "cross_entropy"): 0.57435, ("mild", "focal"): 0.57065}
    rows = [cell(*keys, share * (0.99 + seed / 50), seed=seed) for keys, share in shares.items() for seed in range(2)]
    assert "ahead by 0.3 points" in matrix_claims(rows)[0].evidence
    shares = {("none", "cross_entropy"): 0.56452, ("full", "cross_entropy"): 0.56141}
    pair = [cell(*keys, share * (0.99 + seed / 50), seed=seed) for keys, share in shares.items() for seed in range(2)]
    assert "56.5% without, 56.1% with full oversampling, -0.4 points" in what_oversampling_buys(pair)


def right_in(share: float, images: int = 400) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Answers to a validation part of which this share, the first of the images, is right."""
    labels = np.arange(images) % 7
    wrong = np.arange(images) >= share * images
    return {"validation": (np.eye(7)[(labels + wrong) % 7] * 0.9 + 0.1 / 7, labels)}


def grid_of_two(root: Path, optimum: float, other: float, variant: int = 0) -> dict[str, Reproduced]:
    """The report's optimum of its CNN and another point, of these accuracies."""
    shares = {"grid/cnn/adam/0.001/relu": optimum, "grid/cnn/adam/0.001/elu": other}
    for number, (name, share) in enumerate(shares.items()):
        record(root / f"{number}", experiment(name).variants[variant].config, splits=right_in(share))
    found = [s for s in standings([root]) if s.experiment.id in shares]
    return {s.experiment.id: reproduced(s) for s in found}


@pytest.mark.parametrize(
    ("optimum", "other", "holds"), [(0.6, 0.5, True), (0.5, 0.6, False), (0.55, 0.545, None), (0.545, 0.55, None)]
)
def test_a_whole_grid_is_decided_where_the_optimum_and_the_best_other_are_apart(
    tmp_path: Path, optimum: float, other: float, holds: bool | None
) -> None:
    claim = grid_claims(grid_of_two(tmp_path, optimum, other), "cnn", 2)[0]
    assert claim.holds is holds
    assert f"{(optimum - other) * 100:+.1f} points" in claim.evidence


def test_the_best_of_many_must_be_better_by_more_than_having_been_chosen(tmp_path: Path) -> None:
    points = [name for name in (each.id for each in experiments()) if name.startswith("grid/cnn/")]
    for number, name in enumerate(points):
        share = {"grid/cnn/adam/0.001/relu": 0.5, "grid/cnn/adam/0.001/elu": 0.5175}.get(name, 0.49)
        record(tmp_path / f"{number}", experiment(name).variants[0].config, splits=right_in(share))
    found = {s.experiment.id: reproduced(s) for s in standings([tmp_path]) if s.experiment.id in points}
    pair = {name: found[name] for name in ("grid/cnn/adam/0.001/relu", "grid/cnn/adam/0.001/elu")}
    assert grid_claims(pair, "cnn", 2)[0].holds is False
    claim = grid_claims(found, "cnn", 18)[0]
    assert claim.holds is None
    assert "p, adjusted for 17 comparisons (Holm): 0.266" in claim.evidence


def test_a_grid_is_open_until_it_is_whole_and_where_it_was_run_in_another_way(tmp_path: Path) -> None:
    assert grid_claims({}, "cnn", 18)[0].evidence.startswith("0 of the 18")
    found = grid_of_two(tmp_path, 0.6, 0.5, variant=-1)
    assert grid_claims(found, "cnn", 18)[0].holds is None
    claim = grid_claims(found, "cnn", 2)[0]
    assert claim.holds is None
    assert "CNN: 5 in place of 10 epochs" in claim.evidence


def test_runs_of_a_grid_on_other_images_are_not_compared(tmp_path: Path) -> None:
    found = grid_of_two(tmp_path / "a", 0.6, 0.5)
    record(tmp_path / "b", experiment("grid/cnn/adam/0.001/elu").variants[0].config, splits=right_in(0.5, 390))
    other = next(s for s in standings([tmp_path / "b"]) if s.experiment.id == "grid/cnn/adam/0.001/elu")
    claim = grid_claims(found | {"grid/cnn/adam/0.001/elu": reproduced(other)}, "cnn", 2)[0]
    assert claim.holds is None
    assert "points" not in claim.evidence


@pytest.mark.parametrize(
    ("shares", "variant", "holds", "words"),
    [
        ((0.95, 0.8, 0.65, 0.5, 0.35), 0, True, "DenseNet 95.0% > ResNet 80.0%"),
        ((0.35, 0.8, 0.65, 0.5, 0.95), 0, False, "AlexNet 95.0% > ResNet 80.0%"),
        ((0.95, 0.8, 0.65, 0.64, 0.35), 0, None, "too near to tell apart: VGG, CNN"),
        # On the same images 12 of 400 tell networks apart whose intervals overlap.
        ((0.95, 0.8, 0.65, 0.62, 0.35), 0, True, "each network was trained once"),
        ((0.95, 0.8, 0.65, 0.5, 0.35), -1, None, "random weights in place of ImageNet's"),
    ],
)
def test_an_order_of_networks_is_decided_on_the_same_images_and_by_runs_of_the_reports_way(
    tmp_path: Path, shares: tuple[float, ...], variant: int, holds: bool | None, words: str
) -> None:
    wanted = {each.id: each.variants[variant].config for each in experiments()}
    for network, share in zip(RANKING, shares, strict=True):
        record(tmp_path / network, wanted[f"base/{network}"], splits=right_in(share))
    found = {
        s.experiment.id.split("/")[1]: reproduced(s) for s in standings([tmp_path]) if s.experiment.group == "base"
    }
    order, *overfitting, little = network_claims(found)
    assert order.holds is holds
    assert words in order.evidence
    assert little.holds is (None if variant else shares[-1] < shares[-2])
    assert f"{shares[-1]:.1%} here, 45.6% in the report. CNN, the report's last but one" in little.evidence
    assert [claim.holds for claim in overfitting] == [None] * 2
    assert all("rare classes count several times" in claim.evidence for claim in overfitting)


@pytest.mark.parametrize(
    ("training", "sampling", "holds", "words"),
    [
        (0.65, "none", True, "at least that much"),
        (0.55, "none", None, "at least that much"),
        (0.4, "none", None, "can't be told: its training accuracy was measured on pictures made harder"),
        (0.65, "full", None, "How far it overfits can't be told: in its training accuracy rare classes count several"),
    ],
)
def test_a_network_trained_on_augmented_pictures_is_never_said_not_to_overfit_and_on_copies_nothing_is_said(
    tmp_path: Path, training: float, sampling: str, holds: bool | None, words: str
) -> None:
    config = experiment("base/densenet121").variants[0].config
    record(tmp_path / "run", config)
    each = reproduced(next(s for s in standings([tmp_path]) if s.experiment.id == "base/densenet121"))
    history = pd.DataFrame({"accuracy": [training], "val_accuracy": [0.5]})
    gap = learning_gap(history, 1, config.changed(sampling=sampling, augment="all"))
    claim = network_claims({"densenet121": replace(each, gap=gap)})[1]
    assert claim.holds is holds
    assert f"{(training - 0.5) * 100:+.1f} points over validation" in claim.evidence
    assert words in claim.evidence


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
    assert "AlexNet: input of 96 in place of 227 pixels, 5 in place of 10 epochs" in order.evidence


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
