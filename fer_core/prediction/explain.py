"""Where in a face the networks found their answer: class activation maps, out of the same pass as the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.emotions import EMOTIONS
from fer_core.opencv import cv2
from fer_core.prediction.ensemble import Ensemble

STRONGEST = 0.6
"""Share of the colour where the evidence is strongest; the face stays visible under it."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Evidence for one class in one face.

    Attributes:
        label: the class that is explained.
        mean: (48, 48) float32 in [0, 1], the members' mean by their weights and by how many places their maps tell
            apart; members without maps are left out.
        members: for each member (48, 48) float32 in [0, 1], or None where its network has no maps.
        grids: for each member rows and columns of places that its maps tell apart, or None likewise.
    """

    label: int
    mean: np.ndarray
    members: tuple[np.ndarray | None, ...]
    grids: tuple[tuple[int, int] | None, ...]


def evidence(class_maps: np.ndarray, label: int) -> np.ndarray:
    """What speaks for a class more than for the others on average, at each place of a face.

    The class activation map of Zhou et al. (2016), arXiv 1512.04150, less the mean over the classes, which softmax
    does not see; what speaks against the class is 0.

    Args:
        class_maps: (h, w, 7) logits at each place.
        label: class index.

    Returns:
        (48, 48) float32 in [0, 1]; all 0 where nothing speaks for the class.

    Raises:
        ValueError: another shape, or no such class.
    """
    if class_maps.ndim != 3 or class_maps.shape[2] != len(EMOTIONS):
        raise ValueError(f"class_maps: expected (h, w, {len(EMOTIONS)}), got {class_maps.shape}")
    if not 0 <= label < len(EMOTIONS):
        raise ValueError(f"label: expected 0 to {len(EMOTIONS) - 1}, got {label}")
    relative = np.maximum(class_maps[:, :, label] - class_maps.mean(axis=2), 0).astype(np.float32)
    large = np.clip(cv2.resize(relative, (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_CUBIC), 0, None)
    return large / large.max() if large.max() > 0 else large


def explain(ensemble: Ensemble, crop: np.ndarray, label: int) -> Explanation:
    """The evidence that each member and all of them found for a class.

    Args:
        crop: (48, 48) uint8 grayscale, a face as the networks saw it.
        label: class index.

    Raises:
        ValueError: another shape, no such class, or no member has class maps.
    """
    class_maps = ensemble.member_outputs(crop[None]).class_maps
    return explain_maps(ensemble, tuple(None if maps is None else maps[0] for maps in class_maps), label)


def explain_maps(ensemble: Ensemble, class_maps: Sequence[np.ndarray | None], label: int) -> Explanation:
    """The same out of maps that are already there.

    Args:
        class_maps: of each member (h, w, 7), None for a member without.
        label: class index.

    Raises:
        ValueError: another shape, no such class, or no member has class maps.
    """
    members = tuple(None if maps is None else evidence(maps, label) for maps in class_maps)
    known = [number for number, found in enumerate(members) if found is not None]
    if not known:
        raise ValueError(f"{ensemble.card.name}: no member ends in global average pooling, so none has class maps")
    weights = [ensemble.card.members[number].weight * class_maps[number][..., 0].size for number in known]
    mean = np.average([members[number] for number in known], axis=0, weights=weights).astype(np.float32)
    return Explanation(label, mean, members, tuple(None if maps is None else maps.shape[:2] for maps in class_maps))


def overlay(crop: np.ndarray, strength: np.ndarray, side: int = 192) -> np.ndarray:
    """A face with the evidence laid over it in colour: yellow where it is strongest, bare where there is none.

    Args:
        crop: (h, w) uint8 grayscale or (h, w, 3) uint8 RGB.
        strength: (48, 48) in [0, 1], of the same face.
        side: pixels a side of the result.

    Returns:
        (side, side, 3) uint8 RGB.
    """
    face = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
    if face.ndim == 2:
        face = cv2.cvtColor(face, cv2.COLOR_GRAY2RGB)
    large = np.clip(cv2.resize(strength, (side, side), interpolation=cv2.INTER_CUBIC), 0, 1)
    colours = cv2.cvtColor(cv2.applyColorMap((large * 255).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    alpha = (STRONGEST * large)[:, :, None]
    return (face * (1 - alpha) + colours * alpha).round().astype(np.uint8)
