"""The report's conclusions up to its section 4, each beside what was found here and whether it holds; without grids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import ttest_1samp

from fer_core.comparison.histories import LARGE_GAP
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.summary import copies, labels_of
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.paired import PairedComparison, holm, written_p
from fer_core.evaluation.references import REPORT_IMBALANCE, REPORT_NETWORKS
from fer_core.experiments.catalogue import RANKING
from fer_core.experiments.findings import Reproduced, otherwise, paired
from fer_core.words import _

CHANCE = 0.05
"""p-value below which a difference is taken for more than chance."""
SEEDS_NEEDED = 2
"""One alone does not tell how much seeds differ; two tell it so roughly that only a large difference counts."""


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


def clearly_above(differences: Sequence[float], p_values: Sequence[float]) -> list[bool | None]:
    """Of each difference whether it is above 0, None where that may be chance.

    An order that needs them all is held where each is beyond chance by itself. One alone denies it, so that the p-value
    of one below 0 is adjusted for their number (Holm).
    """
    adjusted = holm(np.array(p_values))
    return [
        True if difference > 0 and p < CHANCE else False if difference < 0 and held < CHANCE else None
        for difference, p, held in zip(differences, p_values, adjusted, strict=True)
    ]


def in_order(above: Sequence[bool | None]) -> bool | None:
    """Whether an order holds that needs all of these; None where that can't be said."""
    return False if False in above else None if None in above else True


def trained_otherwise(ways: str) -> str:
    """A sentence with a space before it; empty where all were trained as in the report."""
    return " " + _("Trained in another way than the report's: {ways}.").format(ways=ways) if ways else ""


def beyond_chance(pair: PairedComparison | None, ways: str) -> bool | None:
    """Whether the first is better; None where that may be chance, or be owed to another way of training."""
    if pair is None or ways or pair.interval.low <= 0 <= pair.interval.high:
        return None
    return pair.difference > 0


def points_between(one: float, other: float) -> float:
    """Percentage points between two shares as they are written, with one decimal: 0.3 from 57.1% to 57.4%."""
    return round(one * 100, 1) - round(other * 100, 1)


def in_points(pair: PairedComparison, shares: tuple[float, float] | None = None) -> str:
    """The difference of two with its interval; `shares` are its two where they stand beside it."""
    difference = points_between(*shares) if shares else pair.difference * 100
    return _("{difference:+.1f} points (95% interval {low:+.1f} to {high:+.1f}, on the same images)").format(
        difference=difference, low=pair.interval.low * 100, high=pair.interval.high * 100
    )


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


def matrix_claims(rows: Sequence[Mapping[str, str | float]]) -> list[Claim]:
    """Section 3.

    Args:
        rows: of each recorded cell of the report's own augmentation, as from `matrix_row`; all trained in one way.
    """
    return [_best_cell(_cells(rows))]


def _cells(rows: Sequence[Mapping[str, str | float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["seed", "sampling", "loss", "accuracy", "rarest", "differs"])


def _by_seed(cells: pd.DataFrame, score: str, wanted: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """A row a seed, a column each of the cells that are wanted; nan where it is not recorded."""
    found = cells.pivot(index="seed", columns=["sampling", "loss"], values=score)
    return found.reindex(columns=pd.MultiIndex.from_tuples(wanted))


def _above(differences: pd.DataFrame, ways: str) -> list[bool | None]:
    """`clearly_above` of each column, by a paired t-test: runs of one seed share their validation images."""
    if ways or len(differences) < SEEDS_NEEDED:
        return [None] * differences.shape[1]
    return clearly_above(differences.mean().tolist(), ttest_1samp(differences, 0).pvalue.tolist())


def _seeds(differences: pd.Series) -> str:
    """How sure the mean of the differences of each seed is."""
    if len(differences) < SEEDS_NEEDED:
        return _("{seeds} of the {needed} seeds that a verdict needs").format(
            seeds=len(differences), needed=SEEDS_NEEDED
        )
    low, high = ttest_1samp(differences, 0).confidence_interval()
    return _("95% interval {low:+.1f} to {high:+.1f} over {seeds} seeds, paired").format(
        low=low * 100, high=high * 100, seeds=len(differences)
    )


def _best_cell(cells: pd.DataFrame) -> Claim:
    claim = _("Full oversampling with cross-entropy is the best of the six.")
    six = _by_seed(cells, "accuracy", list(REPORT_IMBALANCE))
    whole = six.dropna()
    if whole.empty:
        known = max(six.notna().sum(axis=1), default=0)
        text = _("{known} of the {all} cells are recorded with the same seed.")
        return Claim(claim, text.format(known=known, all=len(REPORT_IMBALANCE)))
    ways, reports = cells["differs"].iloc[0], ("full", "cross_entropy")
    ranked = whole.mean().sort_values(ascending=False).index
    best, others = ranked[0], [cell for cell in ranked if cell != reports]
    means, lead = whole.mean(), whole[best] - whole[ranked[1]]
    text = _("Best here: {cell}, ahead by {lead:.1f} points; {seeds}.").format(
        cell=f"{_(best[0])}, {_(best[1].replace('_', ' '))}",
        lead=points_between(means[best], means[ranked[1]]),
        seeds=_seeds(lead),
    )
    gains = whole[others].rsub(whole[reports], axis=0)
    above = _above(gains, ways)
    if best != reports and len(whole) >= SEEDS_NEEDED:
        p_values = holm(ttest_1samp(gains, 0).pvalue)
        text += " " + _("The report's cell against it: {difference:+.1f} points; {seeds}.").format(
            difference=points_between(means[reports], means[best]), seeds=_seeds(gains[best])
        )
        text += " " + adjusted(p_values)
    # Only the best other may deny it: the numbers in the text are of that one.
    return Claim(claim, text + trained_otherwise(ways), False if above[0] is False else all(above) or None)


def adjusted(p_values: np.ndarray) -> str:
    """The first of p-values that were adjusted for their number."""
    text = _("p, adjusted for {number} comparisons (Holm): {p}.")
    return text.format(number=len(p_values), p=written_p(p_values[0]))


def what_oversampling_buys(rows: Sequence[Mapping[str, str | float]]) -> str:
    """Full oversampling against none, which the report did not try; sentences.

    Args:
        rows: of cells with cross-entropy under any one augmentation, as from `matrix_row`; all trained in one way.
    """
    cells = _cells(rows)
    wanted = none, full = ("none", "cross_entropy"), ("full", "cross_entropy")
    pair, rarest = (_by_seed(cells, score, wanted).dropna() for score in ("accuracy", "rarest"))
    if pair.empty:
        return _("Cross-entropy without and with full oversampling is not recorded in one way with the same seed yet.")
    labels = labels_of(recorded_audit()["counts"]["Training"])
    text = _(
        "Cross-entropy: {without:.1%} without, {full:.1%} with full oversampling, {gain:+.1f} points; {seeds}. "
        "Recall of the rarest class: {rare_without:.0%} without, {rare_full:.0%} with it. "
        "An epoch with it takes {times:.1f} times as many steps, so that more training is part of what it buys."
    ).format(
        without=pair[none].mean(),
        full=pair[full].mean(),
        gain=points_between(pair[full].mean(), pair[none].mean()),
        seeds=_seeds(pair[full] - pair[none]),
        rare_without=rarest[none].mean(),
        rare_full=rarest[full].mean(),
        times=1 + copies(labels, "full").sum() / len(labels),
    )
    return text + trained_otherwise(cells["differs"].iloc[0])


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
    pairs = {
        pair: compared
        for pair in pairwise(RANKING)
        if set(pair) <= set(found) and (compared := paired(found[pair[0]], found[pair[1]]))
    }
    above = clearly_above([each.difference for each in pairs.values()], [each.p_value for each in pairs.values()])
    near = [", ".join(names[n] for n in pair) for pair, better in zip(pairs, above, strict=True) if better is None]
    if near:
        text += _("; too near to tell apart: {pairs}").format(pairs="; ".join(near))
    text += "."
    if pairs:
        text += " " + _(
            "Neighbours in the report's order are compared on the same images (McNemar's test, Holm): that covers "
            "chance in the images, not in training, as each network was trained once."
        )
    ways = otherwise(found)
    claims = [
        Claim(
            _("{ranking} on validation.").format(ranking=" > ".join(names[network] for network in RANKING)),
            text + trained_otherwise(ways),
            None if ways or len(pairs) < len(RANKING) - 1 else in_order(above),
        )
    ]
    claims += [_overfits(names[network], found, network) for network in ("densenet121", "resnet50v2")]
    return [*claims, _learned_little(found)]


def _learned_little(found: Mapping[str, Reproduced]) -> Claim:
    """AlexNet, the report's last by far, against the one before it."""
    before, last = RANKING[-2:]
    names = [REPORT_NETWORKS[network].name for network in (before, last)]
    claim = _("{network} did not learn well: it is clearly behind {other}.").format(network=names[1], other=names[0])
    if last not in found:
        return Claim(claim, _("Not run yet."))
    accuracy = found[last].evaluation.accuracy
    text = _("{accuracy:.1%} here, {reported:.1%} in the report.").format(
        accuracy=accuracy, reported=REPORT_NETWORKS[last].scores["validation"]["accuracy"]
    )
    if before not in found or (pair := paired(found[before], found[last])) is None:
        return Claim(claim, text)
    ways, shares = otherwise({name: found[name] for name in (before, last)}), found[before].evaluation.accuracy
    text += " " + _("{network}, the report's last but one, against it: {points}.").format(
        network=names[0], points=in_points(pair, (shares, accuracy))
    )
    return Claim(claim, text + trained_otherwise(ways), beyond_chance(pair, ways))


def _overfits(name: str, found: Mapping[str, Reproduced], network: str) -> Claim:
    claim = _("{network} overfits.").format(network=name)
    if network not in found:
        return Claim(claim, _("Not run yet."))
    gap, ways = found[network].gap, otherwise({network: found[network]})
    between = gap.training - gap.validation
    text = _("Training accuracy {gap:+.1f} points over validation in the kept epoch.").format(gap=between * 100)
    if gap.untold:
        reason = _(gap.untold)
        text += f" {reason[:1].upper()}{reason[1:]}. " + _("More runs like the report's would not decide it.")
    elif gap.at_least:
        text += " " + _("As it is measured on pictures made harder (augmentation), the gap is at least that much.")
    overfits = between > LARGE_GAP
    unsure = ways or gap.untold or (gap.at_least and not overfits)
    return Claim(claim, text + trained_otherwise(ways), None if unsure else overfits)
