"""What the report says, section by section, beside what was found here, and whether its conclusions hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_core.datasets.audit import recorded_audit
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.references import REPORT, REPORT_NETWORKS
from fer_core.evaluation.report import Evaluation, evaluate_probabilities
from fer_core.evaluation.summary import recall_by_class
from fer_core.experiments.catalogue import ENSEMBLE
from fer_core.experiments.status import Standing
from fer_core.training.record import RecordedRun, read_run

OVERFITTING_GAP = 0.1
"""Training accuracy above validation accuracy, in the kept epoch, from which a network is said to overfit."""


@dataclass(frozen=True)
class Claim:
    """A conclusion of the report.

    Attributes:
        section: of the report.
        claim: the conclusion, a sentence.
        evidence: what was found here, or what is missing for an answer.
        holds: None while it can't be said.
    """

    section: int
    claim: str
    evidence: str
    holds: bool | None = None


@dataclass(frozen=True)
class Reproduced:
    """An experiment that is recorded.

    Attributes:
        evaluation: on its validation part.
        gap: training less validation accuracy in the kept epoch.
    """

    standing: Standing
    run: RecordedRun
    evaluation: Evaluation
    gap: float


def reproduced(standing: Standing) -> Reproduced:
    """Read and measure the record of an experiment.

    Raises:
        RecordError: it is damaged.
        ValueError: the experiment is missing, or has no validation part.
    """
    if standing.folder is None:
        raise ValueError(f"{standing.experiment.id}: not recorded")
    run = read_run(standing.folder)
    if "validation" not in run.splits:
        raise ValueError(f"{standing.folder}: has no answers on its validation part")
    split = run.splits["validation"]
    evaluation = evaluate_probabilities(split.probabilities, split.labels, split="validation")
    kept = run.history.iloc[run.record.kept_epoch - 1]
    return Reproduced(standing, run, evaluation, float(kept["accuracy"] - kept["val_accuracy"]))


def networks_table(found: Mapping[str, Reproduced]) -> pd.DataFrame:
    """The report's five networks, a row each: its numbers, ours with interval, and how ours was run.

    Args:
        found: by name in the registry; those that are missing have no numbers of ours.
    """
    rows = []
    for network, reference in REPORT_NETWORKS.items():
        ours = found.get(network)
        scores = reference.scores["validation"]
        rows.append(
            {
                "network": reference.name,
                "report_accuracy": scores["accuracy"],
                "accuracy": ours.evaluation.accuracy if ours else None,
                "low": ours.evaluation.interval[0] if ours else None,
                "high": ours.evaluation.interval[1] if ours else None,
                "report_top2": scores["top2_accuracy"],
                "top2": ours.evaluation.top2_accuracy if ours else None,
                "gap": ours.gap if ours else None,
                "epochs": len(ours.run.history) if ours else None,
                "differs": ours.standing.variant.differs if ours else "not run yet",
            }
        )
    return pd.DataFrame(rows)


def matrix_table(found: Sequence[tuple[str, str, float]]) -> pd.DataFrame:
    """Validation accuracies by sampling and loss over the seeds: `mean`, `spread` (highest less lowest) and `runs`.

    Args:
        found: (sampling, loss, accuracy) of each recorded cell.
    """
    frame = pd.DataFrame(found, columns=["sampling", "loss", "accuracy"])
    grouped = frame.groupby(["sampling", "loss"])["accuracy"]
    return pd.DataFrame({"mean": grouped.mean(), "spread": grouped.max() - grouped.min(), "runs": grouped.size()})


def data_claims() -> list[Claim]:
    """Section 1, out of the recorded counts."""
    counts = recorded_audit()["counts"]
    train = {emotion: counts["Training"][emotion] for emotion in EMOTIONS}
    most, fewest = max(train, key=train.get), min(train, key=train.get)
    return [
        Claim(
            1,
            "“happy” has far the most images, “disgusted” far the fewest.",
            f"{most} {train[most]:,}, {fewest} {train[fewest]:,}: {train[most] / train[fewest]:.1f} to 1.",
            (most, fewest) == ("happy", "disgusted"),
        )
    ]


def matrix_claims(table: pd.DataFrame) -> list[Claim]:
    """Section 3.

    Args:
        table: as from `matrix_table`, of the report's own augmentation.
    """
    six = [(s, loss) for s in ("mild", "full") for loss in ("cross_entropy", "weighted_cross_entropy", "focal")]
    claim = "Full oversampling with cross-entropy is the best of the six."
    known = table.reindex(six).dropna()
    if len(known) < len(six):
        return [Claim(3, claim, f"{len(known)} of the six cells are recorded.")]
    best = known["mean"].idxmax()
    lead = known["mean"].max() - known["mean"].drop([best]).max()
    noise = known["spread"].max() if (known["runs"] > 1).any() else None
    seeds = "one seed a cell: its noise is not known" if noise is None else f"seeds differ by up to {noise:.1%}"
    return [
        Claim(
            3,
            claim,
            f"Best here: {best[0]} oversampling, {best[1].replace('_', ' ')}, ahead by {lead:.1%}; {seeds}.",
            None if noise is None or lead <= noise else best == ("full", "cross_entropy"),
        )
    ]


def network_claims(found: Mapping[str, Reproduced]) -> list[Claim]:
    """Section 4."""
    names = {network: reference.name for network, reference in REPORT_NETWORKS.items()}
    order = ["densenet121", "resnet50v2", "vgg", "cnn", "alexnet"]
    missing = [names[network] for network in order if network not in found]
    claims = []
    ranked = sorted(found, key=lambda network: -found[network].evaluation.accuracy)
    text = " > ".join(f"{names[n]} {found[n].evaluation.accuracy:.1%}" for n in ranked) or "nothing is recorded"
    claims.append(
        Claim(
            4,
            "DenseNet > ResNet > VGG > CNN > AlexNet on validation.",
            text + (f"; missing: {', '.join(missing)}." if missing else "."),
            None if missing else ranked == order,
        )
    )
    for network in ("densenet121", "resnet50v2"):
        ours = found.get(network)
        evidence = f"training accuracy {ours.gap:+.1%} over validation in the kept epoch." if ours else "not run yet."
        claims.append(Claim(4, f"{names[network]} overfits.", evidence, ours.gap > OVERFITTING_GAP if ours else None))
    return claims


def ensemble_claims(members: Mapping[str, Reproduced], shipped: Evaluation | None) -> list[Claim]:
    """Sections 5 and 6.

    Args:
        members: the three best again, by network.
        shipped: the shipped ensemble on the test images, which is made of other networks; None where it has no records.
    """
    claims = []
    claim = "Soft voting of the three best is better than each of them."
    if len(members) == len(ENSEMBLE):
        splits = [members[network].run.splits["holdout"] for network in ENSEMBLE]
        mean = np.mean([split.probabilities for split in splits], axis=0)
        together = float((mean.argmax(axis=1) == splits[0].labels).mean())
        alone = max(float((split.probabilities.argmax(axis=1) == split.labels).mean()) for split in splits)
        claims.append(
            Claim(5, claim, f"{together:.1%} together, {alone:.1%} the best alone, on the hold-out.", together > alone)
        )
    else:
        claims.append(Claim(5, claim, f"{len(members)} of its {len(ENSEMBLE)} members are recorded."))
    if shipped is None:
        return claims
    reported = REPORT.scores["test"]["accuracy"]
    low, high = shipped.interval
    claims.append(
        Claim(
            6,
            f"An ensemble of three reaches {reported:.2%} on the {shipped.images:,} test images.",
            f"The shipped ensemble, of other networks: {shipped.accuracy:.2%}, 95% interval {low:.2%} to {high:.2%}.",
            shipped.accuracy >= reported,
        )
    )
    recall = recall_by_class(shipped)
    ranked = list(recall.index)
    claims.append(
        Claim(
            6,
            "Happy and surprised are told best, fearful and sad worst.",
            ", ".join(f"{emotion} {share:.0%}" for emotion, share in recall.items()) + ".",
            set(ranked[:2]) == {"happy", "surprised"} and set(ranked[-2:]) == {"fearful", "sad"},
        )
    )
    return claims
