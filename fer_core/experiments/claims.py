"""The report's conclusions, section by section, each beside what was found here and whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from fer_core.datasets.audit import recorded_audit
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.paired import PairedComparison, holm, written_p
from fer_core.evaluation.references import REPORT, REPORT_IMBALANCE, REPORT_NETWORKS
from fer_core.evaluation.report import Evaluation
from fer_core.evaluation.summary import recall_by_class
from fer_core.experiments.catalogue import ENSEMBLE
from fer_core.experiments.findings import Reproduced, Together, otherwise, paired
from fer_core.networks import NETWORKS
from fer_core.training.grid import SEARCHED
from fer_core.training.presets import REPORT_OPTIMA
from fer_core.words import _

OVERFITTING_GAP = 0.1
"""Training accuracy above validation accuracy, in the kept epoch, from which a network is said to overfit."""
RANKING = ("densenet121", "resnet50v2", "vgg", "cnn", "alexnet")
"""The report's five networks, its best first."""


@dataclass(frozen=True)
class Claim:
    """A conclusion of the report.

    Attributes:
        claim: the conclusion, a sentence.
        evidence: what was found here, or what is missing for an answer.
        holds: None while it can't be said.
    """

    claim: str
    evidence: str
    holds: bool | None = None


def data_claims() -> list[Claim]:
    """Section 1, out of the recorded counts."""
    counts = recorded_audit()["counts"]
    train = {emotion: counts["Training"][emotion] for emotion in EMOTIONS}
    most, fewest = max(train, key=train.get), min(train, key=train.get)
    ratio = train[most] / train[fewest]
    return [
        Claim(
            _("“happy” has far the most images, “disgusted” far the fewest."),
            f"{_(most)} {train[most]:,}, {_(fewest)} {train[fewest]:,}: " + _("{ratio:.1f} to 1.").format(ratio=ratio),
            (most, fewest) == ("happy", "disgusted"),
        )
    ]


def matrix_claims(table: pd.DataFrame) -> list[Claim]:
    """Section 3.

    Args:
        table: as from `matrix_table`, of the report's own augmentation.
    """
    return [_best_cell(table), _what_oversampling_buys(table)]


def _noise(cells: pd.DataFrame) -> float | None:
    """Widest spread over seeds, None where no cell was run twice."""
    return float(cells["spread"].max()) if (cells["runs"] > 1).any() else None


def _seeds(noise: float | None) -> str:
    if noise is None:
        return _("one seed a cell: the noise is not known")
    return _("seeds differ by up to {noise:.1f} points").format(noise=noise * 100)


def _named(cell: tuple[str, str]) -> str:
    sampling, loss = cell
    return f"{_(sampling)}, {_(loss.replace('_', ' '))}"


def _best_cell(table: pd.DataFrame) -> Claim:
    claim = _("Full oversampling with cross-entropy is the best of the six.")
    known = table.reindex(list(REPORT_IMBALANCE)).dropna(subset="mean")
    if len(known) < len(REPORT_IMBALANCE):
        return Claim(
            claim, _("{known} of the {all} cells are recorded.").format(known=len(known), all=len(REPORT_IMBALANCE))
        )
    best, noise = known["mean"].idxmax(), _noise(known)
    lead = known["mean"].max() - known["mean"].drop([best]).max()
    return Claim(
        claim,
        _("Best here: {cell}, ahead by {lead:.1f} points; {seeds}.").format(
            cell=_named(best), lead=lead * 100, seeds=_seeds(noise)
        ),
        None if noise is None or lead <= noise else best == ("full", "cross_entropy"),
    )


def _what_oversampling_buys(table: pd.DataFrame) -> Claim:
    claim = _("Oversampling helps: with more copies of rare classes the network is better.")
    pair = table.reindex([("none", "cross_entropy"), ("full", "cross_entropy")])
    if pair["mean"].isna().any():
        return Claim(claim, _("Cross-entropy without and with full oversampling is not recorded yet."))
    (without, full), noise = pair["mean"], _noise(pair)
    gain, (rare_without, rare_full) = full - without, pair["rarest"]
    return Claim(
        claim,
        _(
            "Cross-entropy: {without:.1%} without, {full:.1%} with full oversampling, {gain:+.1f} points; {seeds}. "
            "Recall of the rarest class: {rare_without:.0%} without, {rare_full:.0%} with it."
        ).format(
            without=without,
            full=full,
            gain=gain * 100,
            seeds=_seeds(noise),
            rare_without=rare_without,
            rare_full=rare_full,
        ),
        None if noise is None or abs(gain) <= noise else bool(gain > 0),
    )


def _trained_otherwise(found: Mapping[str, Reproduced]) -> str:
    """A sentence with a space before it; empty where all were trained as in the report."""
    ways = otherwise(found)
    return " " + _("Trained in another way than the report's: {ways}.").format(ways=ways) if ways else ""


def _beyond_chance(pair: PairedComparison | None, ways: str) -> bool | None:
    """Whether the first is better; None where that may be chance, or be owed to another way of training."""
    if pair is None or ways or pair.interval.low <= 0 <= pair.interval.high:
        return None
    return pair.difference > 0


def _points(pair: PairedComparison) -> str:
    return _("{difference:+.1f} points (95% interval {low:+.1f} to {high:+.1f}, on the same images)").format(
        difference=pair.difference * 100, low=pair.interval.low * 100, high=pair.interval.high * 100
    )


def network_claims(found: Mapping[str, Reproduced]) -> list[Claim]:
    """Section 4.

    Args:
        found: the base networks that are recorded, by name in the registry.
    """
    names = {network: reference.name for network, reference in REPORT_NETWORKS.items()}
    missing = [names[network] for network in RANKING if network not in found]
    ranked = sorted(found, key=lambda network: -found[network].evaluation.accuracy)
    text = " > ".join(f"{names[n]} {found[n].evaluation.accuracy:.1%}" for n in ranked) or _("nothing is recorded")
    if missing:
        text += _("; missing: {names}").format(names=", ".join(missing))
    near = [f"{names[a]}, {names[b]}" for a, b in pairwise(ranked) if not _apart(found[a], found[b])]
    if near:
        text += _("; too near to tell apart: {pairs}").format(pairs="; ".join(near))
    ways = _trained_otherwise(found)
    claims = [
        Claim(
            _("{ranking} on validation.").format(ranking=" > ".join(names[network] for network in RANKING)),
            f"{text}.{ways}",
            None if missing or near or ways else tuple(ranked) == RANKING,
        )
    ]
    return claims + [_overfits(names[network], found, network) for network in ("densenet121", "resnet50v2")]


def _apart(better: Reproduced, worse: Reproduced) -> bool:
    """Whether the intervals of two accuracies don't overlap."""
    return better.evaluation.interval.low > worse.evaluation.interval.high


def _overfits(name: str, found: Mapping[str, Reproduced], network: str) -> Claim:
    claim = _("{network} overfits.").format(network=name)
    if network not in found:
        return Claim(claim, _("Not run yet."))
    gap, ways = found[network].gap, _trained_otherwise({network: found[network]})
    text = _("Training accuracy {gap:+.1f} points over validation in the kept epoch.").format(gap=gap * 100)
    return Claim(claim, text + ways, None if ways else gap > OVERFITTING_GAP)


def grid_claims(found: Mapping[str, Reproduced], network: str, points: int) -> list[Claim]:
    """Section 4, the search.

    Args:
        found: the recorded runs of one network's grid that were trained in one way, by any name.
        points: runs that its grid has in all.
    """
    optimum = REPORT_OPTIMA[network]
    written = "{learning_rate:g}, {optimizer}, {activation}"
    claim = _("The best for {network}: {point}.").format(
        network=NETWORKS[network].title, point=written.format(**optimum)
    )
    if len(found) < points:
        return [Claim(claim, _("{known} of the {all} runs are recorded.").format(known=len(found), all=points))]
    ranked = sorted(found.values(), key=lambda each: -each.evaluation.accuracy)
    places = [{name: getattr(each.run.record.config, name) for name in SEARCHED} for each in ranked]
    reports = next(
        place for place, point in enumerate(places) if all(optimum[name] == point[name] for name in SEARCHED)
    )
    others = [paired(ranked[reports], other) for place, other in enumerate(ranked) if place != reports]
    ways = _trained_otherwise({network: ranked[0]})
    evidence = _("Best here: {point}, {accuracy:.1%}.").format(
        point=written.format(**places[0]), accuracy=ranked[0].evaluation.accuracy
    )
    if not others or None in others:
        return [Claim(claim, evidence + ways)]
    evidence += " " + _("The report's optimum against the best other: {points}.").format(points=_points(others[0]))
    if reports == 0:
        return [Claim(claim, evidence + ways, _beyond_chance(others[0], ways))]
    # The best of many is better than any one of them by chance alone: p is adjusted for having chosen it.
    p_value = holm(np.array([pair.p_value for pair in others]))[0]
    adjusted = _("p, adjusted for {number} comparisons (Holm): {p}.")
    evidence += " " + adjusted.format(number=len(others), p=written_p(p_value))
    return [Claim(claim, evidence + ways, False if p_value < 0.05 and not ways else None)]


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
        together=accuracy, alone=alone, points=_points(together.against_best)
    )
    ways = _trained_otherwise(members)
    return [Claim(claim, text + ways, _beyond_chance(together.against_best, ways))]


def result_claims(ours: Sequence[tuple[str, Evaluation]]) -> list[Claim]:
    """Section 6.

    Args:
        ours: name and evaluation on the test images of each ensemble that stands beside the report's; the first is
            held against it.
    """
    if not ours:
        return []
    reported, (_name, first) = REPORT.scores["test"]["accuracy"], ours[0]
    recall = recall_by_class(first)
    ranked = list(recall.index)
    return [
        Claim(
            _("An ensemble of three reaches {accuracy:.2%} on the {images:,} test images.").format(
                accuracy=reported, images=first.images
            ),
            "; ".join(
                _("{name}: {accuracy:.2%}, 95% interval {low:.2%} to {high:.2%}").format(
                    name=name, accuracy=each.accuracy, low=each.interval[0], high=each.interval[1]
                )
                for name, each in ours
            )
            + ".",
            first.interval[1] >= reported,
        ),
        Claim(
            _("Recall is highest for happy and surprised, lowest for fearful and sad."),
            ", ".join(f"{_(emotion)} {share:.0%}" for emotion, share in recall.items()) + ".",
            set(ranked[:2]) == {"happy", "surprised"} and set(ranked[-2:]) == {"fearful", "sad"},
        ),
    ]
