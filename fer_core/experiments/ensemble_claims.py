"""The report's conclusions about its ensemble, its sections 5 and 6."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from scipy.stats import norm

from fer_core.datasets.audit import recorded_audit
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.delong import auc_influence
from fer_core.evaluation.references import REPORT
from fer_core.evaluation.report import Evaluation
from fer_core.evaluation.resampling import exact_bounds
from fer_core.experiments.catalogue import ENSEMBLE
from fer_core.experiments.claims import Claim, beyond_chance, clearly_above, in_order, in_points, trained_otherwise
from fer_core.experiments.findings import Reproduced, Together, otherwise
from fer_core.training.record import SplitProbabilities
from fer_core.words import _

BEST, WORST = ("happy", "surprised"), ("fearful", "sad")
"""Told best and worst by their AUC, says the report."""
SATISFACTORY = 0.8
"""Top-2 accuracy on the test images that the report is content with."""


def ensemble_claims(together: Together | None, members: Mapping[str, Reproduced]) -> list[Claim]:
    """Section 5.

    Args:
        together: the three best, voting; None while not all are recorded.
        members: those that are, by name in the registry.
    """
    claim = _("Soft voting of the three best is better than each of them.")
    if together is None:
        text = _("{known} of its {all} members are recorded.").format(known=len(members), all=len(ENSEMBLE))
        return [Claim(claim, text)]
    accuracy = together.evaluations["validation"].accuracy
    alone = max(member.accuracy for member in together.evaluations["validation"].members)
    text = _("{together:.1%} together, {alone:.1%} the best alone, on the hold-out: {points}.").format(
        together=accuracy, alone=alone, points=in_points(together.against_best, (accuracy, alone))
    )
    ways = otherwise(members)
    return [Claim(claim, text + trained_otherwise(ways), beyond_chance(together.against_best, ways))]


def result_claims(
    ours: Sequence[tuple[str, Evaluation]], together: Together | None, members: Mapping[str, Reproduced]
) -> list[Claim]:
    """Section 6.

    Args:
        ours: name and evaluation on the test images of each ensemble that stands beside the report's; the first is
            held against it, and is that of the same networks where there is one.
        together, members: as for `ensemble_claims`.
    """
    if not ours:
        return []
    ways = otherwise(members)
    reached = [_reached(ours, together, members, ways), _two_guesses(ours, together, ways)]
    return [*reached, _told_best(ours[0][1], together, ways)]


def _reached(
    ours: Sequence[tuple[str, Evaluation]], together: Together | None, members: Mapping[str, Reproduced], ways: str
) -> Claim:
    reported, first = REPORT.scores["test"]["accuracy"], ours[0][1]
    claim = _("An ensemble of three reaches {accuracy:.2%} on the {images:,} test images.").format(
        accuracy=reported, images=first.images
    )
    text = "; ".join(_with_interval(name, each.accuracy, each.interval) for name, each in ours)
    if together is None:
        return Claim(claim, f"{text}. " + _another())
    # Less would not deny it: the members learned from fewer images than the report's.
    text += ". " + _(
        "Its members learned from {least:,} images each, the report's from about {more:,}: here a tenth is held out."
    ).format(
        least=min(member.run.record.train_images for member in members.values()),
        more=round(0.8 * sum(recorded_audit()["counts"]["Training"].values())),
    )
    return Claim(claim, text + trained_otherwise(ways), True if first.interval.low >= reported and not ways else None)


def _two_guesses(ours: Sequence[tuple[str, Evaluation]], together: Together | None, ways: str) -> Claim:
    claim = _("Top-2 accuracy on the test images is above {share:.0%}.").format(share=SATISFACTORY)
    right = {name: exact_bounds(round(each.top2_accuracy * each.images), each.images) for name, each in ours}
    text = "; ".join(_with_interval(name, each.top2_accuracy, right[name]) for name, each in ours)
    if together is None:
        return Claim(claim, f"{text}. " + _another())
    above = right[ours[0][0]][0] > SATISFACTORY
    return Claim(claim, f"{text}." + trained_otherwise(ways), True if above and not ways else None)


def _with_interval(name: str, accuracy: float, interval: Sequence[float]) -> str:
    return _("{name}: {accuracy:.2%}, 95% interval {low:.2%} to {high:.2%}").format(
        name=name, accuracy=accuracy, low=interval[0], high=interval[1]
    )


def _another() -> str:
    return _("This is another ensemble than the report's.")


def _told_best(first: Evaluation, together: Together | None, ways: str) -> Claim:
    claim = _("By their AUC, happy and surprised are told best, fearful and sad worst.")
    areas = {emotion: area for emotion, area in first.auc.items() if area is not None}
    text = ", ".join(f"{_(emotion)} {areas[emotion]:.3f}" for emotion in sorted(areas, key=lambda name: -areas[name]))
    if together is None:
        return Claim(claim, f"{text}. " + _another())
    above = _above_by_auc(together.test)
    if near := [f"{_(one)}, {_(other)}" for (one, other), better in above.items() if better is None]:
        text += _("; too near to tell apart: {pairs}").format(pairs="; ".join(near))
    return Claim(claim, f"{text}." + trained_otherwise(ways), None if ways else in_order(list(above.values())))


def _above_by_auc(test: SplitProbabilities) -> dict[tuple[str, str], bool | None]:
    """Of each two classes that the report sets apart whether the first has the larger area; see `clearly_above`.

    Areas of one network on the same images depend on each other: the test of their difference is DeLong's (1988).
    """
    middle = [emotion for emotion in EMOTIONS if emotion not in BEST + WORST]
    pairs = [*product(BEST, [*middle, *WORST]), *product(middle, WORST)]
    one, other = np.array([[EMOTIONS.index(emotion) for emotion in pair] for pair in pairs]).T
    areas, influence = auc_influence(test.probabilities, test.labels)
    differences, pulls = areas[one] - areas[other], influence[:, one] - influence[:, other]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = differences / np.sqrt((pulls**2).mean(axis=0) / len(pulls))
    above = clearly_above(differences.tolist(), (2 * norm.sf(np.abs(z))).tolist())
    return dict(zip(pairs, above, strict=True))
