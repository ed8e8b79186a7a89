"""The report's conclusions, section by section, each beside what was found here and whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from fer_core.datasets.audit import recorded_audit
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.references import REPORT, REPORT_IMBALANCE, REPORT_NETWORKS
from fer_core.evaluation.report import Evaluation
from fer_core.evaluation.summary import recall_by_class
from fer_core.experiments.findings import Reproduced, Together
from fer_core.networks import NETWORKS
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
    mixed = len({each.standing.variant.short for each in found.values()}) > 1
    if mixed:
        text += _("; some of them with fewer epochs than others")
    claims = [
        Claim(
            _("{ranking} on validation.").format(ranking=" > ".join(names[network] for network in RANKING)),
            f"{text}.",
            None if missing or mixed else tuple(ranked) == RANKING,
        )
    ]
    for network in ("densenet121", "resnet50v2"):
        ours = found.get(network)
        claims.append(
            Claim(
                _("{network} overfits.").format(network=names[network]),
                _("Training accuracy {gap:+.1f} points over validation in the kept epoch.").format(gap=ours.gap * 100)
                if ours
                else _("Not run yet."),
                ours.gap > OVERFITTING_GAP if ours else None,
            )
        )
    return claims


def grid_claims(table: pd.DataFrame, network: str, points: int) -> list[Claim]:
    """Section 4, the search.

    Args:
        table: as from `grid_table`, of one network.
        points: runs that its grid has in all.
    """
    optimum = REPORT_OPTIMA[network]
    written = "{learning_rate:g}, {optimizer}, {activation}"
    claim = _("The best for {network}: {point}.").format(
        network=NETWORKS[network].title, point=written.format(**optimum)
    )
    if len(table) < points:
        return [Claim(claim, _("{known} of the {all} runs are recorded.").format(known=len(table), all=points))]
    best = table.iloc[0]
    same = all(best[name] == optimum[name] for name in ("learning_rate", "optimizer", "activation"))
    evidence = _("Best here: {point}, {accuracy:.1%}; the second best has {second:.1%}.").format(
        point=written.format(**best), accuracy=best["accuracy"], second=table["accuracy"].iloc[1]
    )
    return [Claim(claim, evidence, same)]


def ensemble_claims(together: Together | None, recorded: int, members: int) -> list[Claim]:
    """Section 5.

    Args:
        together: the three best, voting; None while not all are recorded.
        recorded, members: how many of them are.
    """
    claim = _("Soft voting of the three best is better than each of them.")
    if together is None:
        text = _("{known} of its {all} members are recorded.").format(known=recorded, all=members)
        return [Claim(claim, text)]
    accuracy = together.evaluations["validation"].accuracy
    alone = max(member.accuracy for member in together.evaluations["validation"].members)
    text = _("{together:.1%} together, {alone:.1%} the best alone, on the hold-out.").format(
        together=accuracy, alone=alone
    )
    return [Claim(claim, text, accuracy > alone)]


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
