from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.report import evaluate_probabilities
from fer_core.experiments.catalogue import ENSEMBLE, experiments
from fer_core.experiments.ensemble_claims import ensemble_claims, result_claims
from fer_core.experiments.findings import Reproduced, reproduced, voted
from fer_core.experiments.status import standings
from tests.experiments.test_claims import right_in
from tests.experiments.test_experiments import record

VGG_DIFFERS = "VGG: gradients clipped to a norm of 1, without which the loss diverges, 5 in place of 10 epochs"


def test_the_three_best_vote_when_all_are_recorded(tmp_path) -> None:
    """Of four classes each member alone errs on another one."""
    found = three_members(tmp_path, np.arange(400) % 4, lambda number, labels: labels == number)
    two = {name: found[name] for name in ENSEMBLE[:2]}
    assert voted(two) is None
    together = voted(found)
    assert together.evaluations["validation"].accuracy == 1.0
    assert together.evaluations["test"].images == 800
    claim = ensemble_claims(together, found)[0]
    assert claim.holds is True
    assert "+25.0 points" in claim.evidence
    assert ensemble_claims(None, two)[0].evidence.startswith("2 of its 3")


def test_a_vote_that_is_better_by_chance_or_of_members_run_in_another_way_leaves_it_open(tmp_path: Path) -> None:
    def errs(number: int, labels: np.ndarray) -> np.ndarray:
        return np.arange(len(labels)) == number

    found = three_members(tmp_path / "few", np.arange(400) % 4, errs)
    together = voted(found)
    assert together.against_best.difference > 0
    assert ensemble_claims(together, found)[0].holds is None
    short = three_members(tmp_path / "short", np.arange(400) % 4, lambda number, labels: labels == number, variant=-1)
    claim = ensemble_claims(voted(short), short)[0]
    assert claim.holds is None
    assert VGG_DIFFERS in claim.evidence


def three_members(
    root: Path, labels: np.ndarray, errs: Callable[[int, np.ndarray], np.ndarray], variant: int = 0
) -> dict[str, Reproduced]:
    """The report's three best, where `errs(number, labels)` marks the images that a member has wrong."""
    wrong = [errs(number, labels) for number in range(len(ENSEMBLE))]
    answers = [np.eye(7)[np.where(each, 6, labels)] * 0.9 + 0.1 / 7 for each in wrong]
    return members_with(root, labels, answers, variant)


def members_with(
    root: Path, labels: np.ndarray, answers: Sequence[np.ndarray], variant: int = 0
) -> dict[str, Reproduced]:
    """The report's three best with these answers to the images of each split."""
    wanted = {each.id: each.variants[variant].config for each in experiments()}
    for network, said in zip(ENSEMBLE, answers, strict=True):
        splits = dict.fromkeys(("validation", "holdout", "public", "private"), (said, labels))
        record(root / network, wanted[f"ensemble/{network}"], splits=splits)
    return {
        s.experiment.id.split("/")[1]: reproduced(s)
        for s in standings([root])
        if s.experiment.group == "ensemble" and s.folder
    }


@pytest.mark.parametrize(("share", "holds"), [(0.9, True), (0.6, None), (0.66, None)])
def test_the_reports_networks_alone_are_held_against_its_test_result(
    tmp_path: Path, share: float, holds: bool | None
) -> None:
    answers, labels = right_in(share, 700)["validation"]
    ours = evaluate_probabilities(answers, labels, split="test")
    alike, short = (members_with(tmp_path / str(way), labels, [answers] * 3, way) for way in (0, -1))
    told = [("ours", ours), ("other", ours)]
    claim, two_guesses, _areas = result_claims(told, voted(alike), alike)
    assert claim.holds is two_guesses.holds is holds
    assert "the report's from about 22,967: here a tenth is held out" in claim.evidence
    otherwise = result_claims(told, voted(short), short)[0]
    assert otherwise.holds is None
    assert VGG_DIFFERS in otherwise.evidence
    shipped = result_claims(told, None, {})[0]
    assert shipped.holds is None
    assert "another ensemble than the report's" in shipped.evidence
    assert result_claims([], None, {}) == []


def told_with(certainty: dict[int, float], images: int = 7000) -> tuple[np.ndarray, np.ndarray]:
    """Answers of which those on a class's own images stand out from the others by so much, in standard deviations."""
    labels = np.arange(images) % 7
    logits = np.random.default_rng(0).normal(size=(images, 7))
    logits[np.arange(images), labels] += [certainty[label] for label in labels]
    answers = np.exp(logits)
    return answers / answers.sum(axis=1, keepdims=True), labels


HAPPY, SURPRISED, FEARFUL, SAD = (EMOTIONS.index(emotion) for emotion in ("happy", "surprised", "fearful", "sad"))


@pytest.mark.parametrize(
    ("certainty", "variant", "holds", "words"),
    [
        ({HAPPY: 3.5, SURPRISED: 3.5, FEARFUL: 0.7, SAD: 0.7}, 0, True, "happy 0.9"),
        ({HAPPY: 0.7, SURPRISED: 3.5, FEARFUL: 0.7, SAD: 0.7}, 0, False, "surprised 0.9"),
        ({HAPPY: 3.5, SURPRISED: 2.0, FEARFUL: 0.7, SAD: 0.7}, 0, None, "too near to tell apart: surprised, angry"),
        ({HAPPY: 3.5, SURPRISED: 3.5, FEARFUL: 0.7, SAD: 0.7}, -1, None, VGG_DIFFERS),
    ],
)
def test_what_is_told_best_is_judged_by_auc_beyond_chance_and_of_the_reports_networks(
    tmp_path: Path, certainty: dict[int, float], variant: int, holds: bool | None, words: str
) -> None:
    answers, labels = told_with(dict.fromkeys(range(7), 2.0) | certainty)
    members = members_with(tmp_path, labels, [answers] * 3, variant)
    together = voted(members)
    claim = result_claims([("ours", together.evaluations["test"])], together, members)[2]
    assert claim.holds is holds
    assert words in claim.evidence
    shipped = result_claims([("ours", together.evaluations["test"])], None, {})[2]
    assert shipped.holds is None
    assert "another ensemble than the report's" in shipped.evidence
