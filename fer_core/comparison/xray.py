"""Inside an ensemble: where its members agree, what each adds, and which images voting saves or spoils."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from fer_core.evaluation.paired import compare_paired

MOST_MEMBERS = 8
"""Of more, the subsets (255 of eight) are neither quick to compute nor to be read."""


@dataclass(frozen=True)
class Voters:
    """Members' answers to the same images.

    Attributes:
        names: of the members.
        probabilities: (members, n, 7), rows sum to 1.
        weights: (members,) of the mean.
        labels: (n,) class indices.

    Raises:
        ValueError: a shape does not fit.
    """

    names: tuple[str, ...]
    probabilities: np.ndarray
    weights: tuple[float, ...]
    labels: np.ndarray

    def __post_init__(self) -> None:
        expected = (len(self.names), len(self.labels), 7)
        if self.probabilities.shape != expected or len(self.weights) != len(self.names):
            raise ValueError(
                f"probabilities: expected shape {expected} and a weight a member, got {self.probabilities.shape} and "
                f"{len(self.weights)} weights"
            )

    def right(self, members: Sequence[int]) -> np.ndarray:
        """(n,) bool, which images these members together answer rightly (weighted mean of the probabilities)."""
        chosen = list(members)
        mean = np.average(self.probabilities[chosen], axis=0, weights=np.array(self.weights)[chosen])
        return mean.argmax(axis=1) == self.labels

    @property
    def everyone(self) -> tuple[int, ...]:
        """Places of all members."""
        return tuple(range(len(self.names)))


def agreement(voters: Voters) -> np.ndarray:
    """(members, members) share of the images that two members answer the same."""
    answers = voters.probabilities.argmax(axis=2)
    return (answers[:, None] == answers[None]).mean(axis=2)


def agreement_counts(voters: Voters) -> pd.DataFrame:
    """How accurate the ensemble is by how many members give its answer: `members`, `images`, `accuracy`."""
    mean = np.average(voters.probabilities, axis=0, weights=voters.weights).argmax(axis=1)
    count = (voters.probabilities.argmax(axis=2) == mean).sum(axis=0)
    right = mean == voters.labels
    found = [(votes, int((count == votes).sum())) for votes in range(len(voters.names), -1, -1)]
    return pd.DataFrame(
        [(votes, images, float(right[count == votes].mean())) for votes, images in found if images],
        columns=["members", "images", "accuracy"],
    )


def subsets(voters: Voters, milliseconds: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Every subset of the members as an ensemble of its own, the best first.

    Args:
        milliseconds: of a face by member; those of a subset add up.

    Returns:
        Columns `members` (names joined by `+`), `size`, `accuracy`, and `milliseconds` (nan where one is not known).

    Raises:
        ValueError: more than `MOST_MEMBERS` members.
    """
    if len(voters.names) > MOST_MEMBERS:
        raise ValueError(f"voters: expected at most {MOST_MEMBERS} members, got {len(voters.names)}")
    known = milliseconds or {}
    rows = [
        {
            "members": " + ".join(voters.names[place] for place in chosen),
            "size": size,
            "accuracy": float(voters.right(chosen).mean()),
            "milliseconds": sum(known.get(voters.names[place], np.nan) for place in chosen),
        }
        for size in range(1, len(voters.names) + 1)
        for chosen in combinations(voters.everyone, size)
    ]
    return pd.DataFrame(rows).sort_values("accuracy", ascending=False, ignore_index=True)


def leave_out(voters: Voters, place: int) -> dict[str, float]:
    """What one of several members adds; the columns of `leave_one_out`."""
    without = voters.right([other for other in voters.everyone if other != place])
    pair = compare_paired(voters.right(voters.everyone), without)
    return {
        "alone": float(voters.right([place]).mean()),
        "without": float(without.mean()),
        "cost": pair.difference,
        "low": pair.interval.low,
        "high": pair.interval.high,
        "p_value": pair.p_value,
    }


def leave_one_out(voters: Voters) -> pd.DataFrame:
    """What each member adds: `member`, `alone`, `without` (accuracies), `cost` of leaving it out with `low`, `high`
    (95% bootstrap) and `p_value` (McNemar). Empty for a single member."""
    places = voters.everyone if len(voters.names) > 1 else ()
    rows = [{"member": voters.names[place], **leave_out(voters, place)} for place in places]
    return pd.DataFrame(rows, columns=["member", "alone", "without", "cost", "low", "high", "p_value"])


def saved_and_spoiled(voters: Voters, member: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bool each: images that the ensemble alone has right, and that the member alone has right."""
    together, alone = voters.right(voters.everyone), voters.right([member])
    return together & ~alone, alone & ~together
