"""The recorded experiments, read and measured, as tables beside the report's numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fer_core.comparison.histories import LearningGap, learning_gap
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.paired import PairedComparison, compare_paired
from fer_core.evaluation.references import REPORT, REPORT_NETWORKS
from fer_core.evaluation.report import Evaluation, evaluate_probabilities
from fer_core.evaluation.summary import recall_by_class
from fer_core.experiments.catalogue import ENSEMBLE
from fer_core.experiments.status import Standing
from fer_core.training.assemble import TEST_PARTS, AssemblyError, joined
from fer_core.training.grid import SEARCHED
from fer_core.training.record import RecordedRun, SplitProbabilities, read_run
from fer_core.words import N_, _

NEW_ACCURACY = N_("accuracy without copies")
"""Row of `result_table`."""


@dataclass(frozen=True)
class Reproduced:
    """An experiment that is recorded.

    Attributes:
        evaluation: on its validation part.
        gap: training against validation in the kept epoch.
    """

    standing: Standing
    run: RecordedRun
    evaluation: Evaluation
    gap: LearningGap


def reproduced(standing: Standing) -> Reproduced:
    """Read and measure the record of an experiment.

    Raises:
        RecordError: it is damaged.
        ValueError: the experiment is missing, or has no validation part, or no accuracies by epoch.
    """
    if standing.folder is None:
        raise ValueError(f"{standing.experiment.id}: not recorded")
    run = read_run(standing.folder)
    if "validation" not in run.splits:
        raise ValueError(f"{standing.folder}: has no answers on its validation part")
    split = run.splits["validation"]
    evaluation = evaluate_probabilities(split.probabilities, split.labels, split="validation")
    gap = learning_gap(run.history, run.record.kept_epoch, run.record.config)
    if gap is None:
        raise ValueError(f"{standing.folder}: its history has no accuracy of the kept epoch")
    return Reproduced(standing, run, evaluation, gap)


def otherwise(found: Mapping[str, Reproduced]) -> str:
    """How networks were trained otherwise than the report's: `VGG: 5 in place of 10 epochs`; empty where none was.

    Args:
        found: by name in the registry.
    """
    return "; ".join(
        f"{REPORT_NETWORKS[network].name}: {each.standing.variant.differs}"
        for network, each in found.items()
        if each.standing.variant.differs
    )


def by_precision(found: Mapping[str, Reproduced]) -> dict[str, list[str]]:
    """Names of the runs by the precision that they were computed in: `float32`, `bfloat16`."""
    names: dict[str, list[str]] = {}
    for name, each in found.items():
        policy = str(each.run.record.hardware.get("precision", "?"))
        names.setdefault(policy.removeprefix("mixed_"), []).append(name)
    return names


def paired(first: Reproduced, second: Reproduced) -> PairedComparison | None:
    """Two runs on the images of their validation part; None where these are not the same."""
    try:
        split, probabilities = joined([first.run, second.run], ("validation",))
    except AssemblyError:
        return None
    return compare_paired(*(probabilities.argmax(axis=2) == split.labels))


def networks_table(found: Mapping[str, Reproduced]) -> pd.DataFrame:
    """The report's five networks, a row each: its numbers, ours with interval, and how ours was run.

    `gap` is training less validation accuracy, whatever it is worth: see `LearningGap.untold`.

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
                "gap": ours.gap.training - ours.gap.validation if ours else None,
                "epochs": len(ours.run.history) if ours else None,
                "differs": ours.standing.variant.differs if ours else _("not run yet"),
            }
        )
    return pd.DataFrame(rows)


def alike(found: Mapping[str, Reproduced]) -> dict[str, Reproduced]:
    """The largest part of them that was run in one way, the report's among equals: others can't be held beside it."""
    ways: dict[str, dict[str, Reproduced]] = {"": {}}
    for name, each in found.items():
        ways.setdefault(each.standing.variant.differs, {})[name] = each
    return max(ways.values(), key=len)


def matrix_row(cell: Reproduced) -> dict[str, str | float]:
    """A recorded cell of the imbalance matrix as `matrix_table` and `matrix_claims` take it."""
    config = cell.run.record.config
    rarest = EMOTIONS[np.sum(cell.evaluation.confusion, axis=1).argmin()]
    return {
        "sampling": config.sampling,
        "loss": config.loss,
        "seed": config.seed,
        "accuracy": cell.evaluation.accuracy,
        "macro_f1": cell.evaluation.macro_f1,
        "rarest": recall_by_class(cell.evaluation)[rarest],
        "differs": cell.standing.variant.differs,
    }


def matrix_table(rows: Iterable[Mapping[str, str | float]]) -> pd.DataFrame:
    """Validation scores by sampling and loss over the seeds.

    Args:
        rows: of each recorded cell `sampling`, `loss`, `accuracy`, `macro_f1` and `rarest`, the recall of the rarest
            class.

    Returns:
        `mean` and `spread` (highest less lowest, nan of a single run) of the accuracy, `runs`, and the means of
        `macro_f1` and `rarest`.
    """
    scores = ["accuracy", "macro_f1", "rarest"]
    grouped = pd.DataFrame(rows, columns=["sampling", "loss", *scores]).groupby(["sampling", "loss"])
    accuracy, runs = grouped["accuracy"], grouped.size()
    spread = (accuracy.max() - accuracy.min()).where(runs > 1)
    return grouped[scores[1:]].mean().assign(mean=accuracy.mean(), spread=spread, runs=runs)


def grid_table(found: Mapping[str, Reproduced]) -> pd.DataFrame:
    """A row a run of a grid, best first: what was searched, `accuracy`, `low` and `high` (95%), `top2`, `epochs`.

    Args:
        found: recorded runs, by any name.
    """
    rows = [
        {
            **{name: getattr(each.run.record.config, name) for name in SEARCHED},
            "accuracy": each.evaluation.accuracy,
            "low": each.evaluation.interval[0],
            "high": each.evaluation.interval[1],
            "top2": each.evaluation.top2_accuracy,
            "epochs": len(each.run.history),
            "differs": each.standing.variant.differs,
        }
        for each in found.values()
    ]
    columns = [*SEARCHED, "accuracy", "low", "high", "top2", "epochs", "differs"]
    return pd.DataFrame(rows, columns=columns).sort_values("accuracy", ascending=False, ignore_index=True)


@dataclass(frozen=True)
class Together:
    """The report's three best networks, trained again on other splits and voting.

    Attributes:
        evaluations: on `validation` (the common hold-out) and `test`, the mean of the three uncalibrated.
        test: what they say together of the test images.
        against_best: the three against the best of them, on the hold-out.
    """

    evaluations: Mapping[str, Evaluation]
    test: SplitProbabilities
    against_best: PairedComparison


def voted(members: Mapping[str, Reproduced]) -> Together | None:
    """Soft voting as in the report's section 5; None while a member is missing.

    Args:
        members: by name in the registry.

    Raises:
        AssemblyError: the records are of other images than each other.
    """
    if not set(ENSEMBLE) <= set(members):
        return None
    runs = [members[network].run for network in ENSEMBLE]
    evaluations, said, together = {}, {}, {}
    for name in ("validation", "test"):
        split, said[name] = joined(runs, TEST_PARTS[name])
        together[name] = replace(split, probabilities=said[name].mean(axis=0))
        evaluations[name] = evaluate_probabilities(
            together[name].probabilities,
            split.labels,
            split=name,
            also_in_training=split.also_in_training,
            member_probabilities=said[name],
            member_names=[REPORT_NETWORKS[network].name for network in ENSEMBLE],
        )
    labels = together["validation"].labels
    right = said["validation"].argmax(axis=2) == labels
    mean_right = together["validation"].probabilities.argmax(axis=1) == labels
    return Together(evaluations, together["test"], compare_paired(mean_right, right[right.mean(axis=1).argmax()]))


def result_table(ours: Mapping[str, Evaluation]) -> pd.DataFrame:
    """The report's scores on the test images (section 6), a row each, beside those of ensembles here.

    The last row is the accuracy without images that also stand in the training images, which the report does not know.

    Args:
        ours: by the name that their column gets.
    """
    rows = [
        {"score": score, "report": value, **{name: getattr(each, score) for name, each in ours.items()}}
        for score, value in REPORT.scores["test"].items()
    ]
    new = {name: each.without_train_duplicates for name, each in ours.items()}
    accuracies = {name: each.accuracy if each else None for name, each in new.items()}
    return pd.DataFrame([*rows, {"score": NEW_ACCURACY, "report": None, **accuracies}])
