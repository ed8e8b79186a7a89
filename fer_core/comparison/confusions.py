"""Which classes are taken for which, in what order to look at them, and which images stand behind a cell."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_core.comparison.models import Model
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.metrics import shares
from fer_core.words import _


def similarity_order(matrix: np.ndarray) -> tuple[int, ...]:
    """Class indices such that classes that are often confused stand beside each other.

    Average linkage of the shares confused either way, its leaves in the order with the closest neighbours (Bar-Joseph
    et al., 2001).

    Args:
        matrix: (7, 7) counts, rows true and columns predicted.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering  # only where this order is wanted
    from scipy.spatial.distance import squareform

    rates = np.nan_to_num(shares(matrix, "true"))
    confused = (rates + rates.T) / 2
    distance = 1 - confused / max(confused[~np.eye(len(confused), dtype=bool)].max(), 1e-9)
    np.fill_diagonal(distance, 0)
    condensed = squareform(distance, checks=False)
    tree = optimal_leaf_ordering(linkage(condensed, "average"), condensed)
    return tuple(int(place) for place in leaves_list(tree))


@dataclass(frozen=True)
class CellImages:
    """Images of one true class that were given one answer, the most confident first.

    Attributes:
        ids: (k,) names.
        confidence: (k,) of the answer, 0 to 1.
        votes: (k, members) class index that each member would answer.
        vote_confidence: (k, members) its probability.
        members: names.
    """

    ids: np.ndarray
    confidence: np.ndarray
    votes: np.ndarray
    vote_confidence: np.ndarray
    members: tuple[str, ...]

    def sentences(self, place: int) -> list[str]:
        """What each member says of one image: `compact_vgg: happy 63%`."""
        return [
            f"{name}: {_(EMOTIONS[vote])} {share:.0%}"
            for name, vote, share in zip(self.members, self.votes[place], self.vote_confidence[place], strict=True)
        ]

    def frame(self) -> pd.DataFrame:
        """A row an image: `image`, `confidence`, and what each member says."""
        table = pd.DataFrame({"image": self.ids, "confidence": self.confidence})
        for number, name in enumerate(self.members):
            table[name] = [
                f"{_(EMOTIONS[vote])} {share:.0%}"
                for vote, share in zip(self.votes[:, number], self.vote_confidence[:, number], strict=True)
            ]
        return table


def images_where(model: Model, split: str, chosen: np.ndarray, *, new_only: bool = False) -> CellImages:
    """The marked images of a split, with every member's vote.

    Args:
        chosen: (n,) bool over the images of `model.answers(split, new_only=new_only)`.
    """
    answers = model.answers(split, new_only=new_only)
    members = model.member_probabilities(split, new_only=new_only)
    confidence = answers.probabilities.max(axis=1)
    places = np.flatnonzero(chosen)
    places = places[np.argsort(-confidence[places], kind="stable")]
    said = members[:, places]
    return CellImages(
        ids=answers.ids[places],
        confidence=confidence[places],
        votes=said.argmax(axis=2).T,
        vote_confidence=said.max(axis=2).T,
        members=tuple(model.members),
    )


def cell_images(model: Model, split: str, true: int, predicted: int, *, new_only: bool = False) -> CellImages:
    """The images behind one cell of the confusion matrix."""
    answers = model.answers(split, new_only=new_only)
    chosen = (answers.labels == true) & (answers.probabilities.argmax(axis=1) == predicted)
    return images_where(model, split, chosen, new_only=new_only)
