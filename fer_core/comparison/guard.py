"""Whether a record's numbers can be true: what is asked of each before it is compared with others.

`read_run` has already refused files that are missing or damaged, another class order and rows that don't sum to 1. Here
stands what needs a look at the numbers themselves.
"""

from collections.abc import Iterator

import numpy as np

from fer_core.comparison.models import Model, SplitName
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.dataset import SPLITS as USAGES_OF
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.metrics import confusion
from fer_core.training.record import RecordedRun, SplitProbabilities

PERMUTED_GAIN = 0.05
"""Another class order that is right this much more often is no accident, at any size of these splits."""
PERMUTED_RIGHT = 0.4
"""In another order also answers that are weak or all the same gain, but never get to be right this often."""
CHANCE_P = 0.05
ACCURACY_TOLERANCE = 0.05
"""Between the history and the recorded answers lie mirror averaging and the export to float32 and float16."""


def problems(model: Model) -> tuple[str, ...]:
    """What is wrong with a record, a sentence each; nothing where it can be trusted."""
    expected = float(np.mean([_kept_accuracy(run) for run in model.members.values()]))
    found = [sentence for name, split in model.splits.items() for sentence in _split_problems(name, split, expected)]
    if not model.splits:
        found.append("there is no split that all of its members have answers for")
    if found:  # what follows counts on sound splits
        return tuple(found)
    found = [sentence for run in model.members.values() for sentence in _run_problems(run)]
    if len({run.record.data_fingerprint for run in model.members.values()}) > 1:
        found.append("its members were trained on different data sets")
    return tuple(dict.fromkeys(found))


def no_better_than_commonest(matrix: np.ndarray) -> bool:
    """Whether always saying the commonest class is right as often, or may be by chance.

    Args:
        matrix: (7, 7) counts, rows true and columns predicted.
    """
    from scipy.special import bdtrc  # which pages that only count are spared

    n = int(matrix.sum())
    largest = matrix.sum(axis=1).max() / n
    return bool(largest < 1 and bdtrc(int(np.trace(matrix)) - 1, n, largest) > CHANCE_P)


def _kept_accuracy(run: RecordedRun) -> float:
    """On validation in the kept epoch, as its history says; nan where that does not tell."""
    history, kept = run.history, run.record.kept_epoch
    if "val_accuracy" not in history or not 1 <= kept <= len(history):
        return np.nan
    return float(history["val_accuracy"].iloc[kept - 1])


def _tolerance(images: int) -> float:
    return max(ACCURACY_TOLERANCE, 4 * np.sqrt(0.25 / images))


def _run_problems(run: RecordedRun) -> Iterator[str]:
    record, history = run.record, run.history
    if missing := [name for name in ("epoch", "val_accuracy") if name not in history]:
        yield f"{run.folder}/history.csv: no column {', '.join(missing)}; epochs can't be told"
        return
    if not 1 <= record.kept_epoch <= len(history):
        yield f"{run.folder}: epoch {record.kept_epoch} was kept, but history.csv has {len(history)} epochs"
        return
    stated = _kept_accuracy(run)
    if (split := run.splits.get("validation")) is not None:
        measured = float((split.probabilities.argmax(axis=1) == split.labels).mean())
        if not abs(stated - measured) <= _tolerance(len(split.ids)):
            yield (
                f"{run.folder}: history.csv says {stated:.1%} right on validation in the kept epoch, the recorded "
                f"answers are {measured:.1%} right; one of the two files is of another run"
            )
    fer2013 = recorded_audit()
    for name in ("public", "private"):
        if record.data_fingerprint == fer2013["fingerprint"] and name in run.splits:
            counts = fer2013["counts"][USAGES_OF[name][0]]
            expected = [counts[emotion] for emotion in EMOTIONS]
            if np.bincount(run.splits[name].labels, minlength=len(EMOTIONS)).tolist() != expected:
                yield f"{run.folder}: {name} is not FER2013's, which the data fingerprint says it is ({sum(expected)})"


def _split_problems(name: SplitName, split: SplitProbabilities, expected: float) -> Iterator[str]:
    """Of one split; `expected` is the share of right answers that the histories promise, nan where they don't."""
    if not len(split.ids):
        yield f"{name}: holds no images"
        return
    if split.labels.min() < 0 or split.labels.max() >= len(EMOTIONS):
        yield f"{name}: labels go from {split.labels.min()} to {split.labels.max()}, expected 0 to {len(EMOTIONS) - 1}"
        return
    if len(np.unique(split.ids)) < len(split.ids):
        yield f"{name}: an image stands in it more than once"
    from scipy.optimize import linear_sum_assignment  # which pages that only count are spared

    matrix = confusion(split.probabilities, split.labels)
    n = int(matrix.sum())
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    right, best = np.trace(matrix) / n, matrix[rows, columns].sum() / n
    promised_otherwise = abs(best - expected) < abs(right - expected)
    if best - right > PERMUTED_GAIN and best >= PERMUTED_RIGHT and promised_otherwise:
        swapped = ", ".join(
            f"{EMOTIONS[t]} stands where {EMOTIONS[p]} should" for t, p in zip(rows, columns, strict=True) if t != p
        )
        yield (
            f"{name}: the class order looks permuted ({right:.1%} right as it is, {best:.1%} in another "
            f"order: {swapped}); record the run again in the order {', '.join(EMOTIONS)}"
        )
        return
    if expected - right > _tolerance(n) and no_better_than_commonest(matrix):
        yield (
            f"{name}: {right:.1%} right is no better than always saying the commonest class "
            f"({matrix.sum(axis=1).max() / n:.1%} of {n:,} images), where history.csv says {expected:.1%}"
        )
