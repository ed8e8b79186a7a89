"""Images that stand more than once in a data set: byte for byte, or nearly."""

from itertools import combinations

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE, FaceDataset

HASH_SIDE = 8
NEAR_BITS = 8
"""Of 64 bits, how many may differ between the perceptual hashes of near-duplicates."""
NEAR_CORRELATION = 0.9
"""Least correlation between the pixels of near-duplicates; hashes alone take two faces in one pose for the same."""
_CHUNKS = 11
_WINDOW = 32
"""Neighbours that an image is compared with under one key; bounds the work where thousands look the same."""
_BATCH = 2000


def _groups(of: np.ndarray) -> list[np.ndarray]:
    """Positions that share a value of `of`, for each value that stands more than once, by first position."""
    order = np.argsort(of, kind="stable")
    cuts = np.flatnonzero(np.diff(of[order])) + 1
    groups = [group for group in np.split(order, cuts) if len(group) > 1]
    return sorted(groups, key=lambda group: group[0])


def identical_groups(dataset: FaceDataset) -> list[np.ndarray]:
    """Indices of byte-identical images, a group each, every group of at least two."""
    return _groups(dataset.groups)


def perceptual_hashes(images: np.ndarray) -> np.ndarray:
    """(n,) uint64: which of the 8x8 lowest frequencies of an image are above their median.

    The bits of ImageHash's `phash(image, hash_size=8, highfreq_factor=6)`, which works on 48x48 pixels too, but for
    all images at once.
    """
    from scipy.fft import dct  # 0.3 s, here and below, that pages of recorded audits are spared

    basis = dct(np.eye(IMAGE_SIZE), axis=0)[:HASH_SIDE]
    hashes = np.empty(len(images), dtype=np.uint64)
    for start in range(0, len(images), _BATCH):
        low = basis @ images[start : start + _BATCH].astype(np.float64) @ basis.T
        low = low.reshape(len(low), -1)
        bits = np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
        hashes[start : start + _BATCH] = bits.view(">u8")[:, 0]
    return hashes


def near_pairs(hashes: np.ndarray, bits: int = NEAR_BITS) -> np.ndarray:
    """(k, 2) positions of hashes that differ in at most `bits` bits, the smaller position first.

    The bits are cut into 11 chunks. Whatever `bits` bits differ, 11 - `bits` chunks are equal, so it is enough to
    compare what shares all bits of some 11 - `bits` chunks: sorting once for each choice of chunks, linear in the
    number of hashes where all pairs would be quadratic (multi-index hashing, Norouzi et al., 2012).

    Args:
        bits: 0 to 10.
    """
    chunks = [sum(1 << int(bit) for bit in chunk) for chunk in np.array_split(np.arange(64), _CHUNKS)]
    found = [np.empty((0, 2), dtype=np.int64)]
    for kept in combinations(chunks, _CHUNKS - bits):
        keys = hashes & np.uint64(sum(kept))
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        for step in range(1, min(_WINDOW, len(hashes) - 1) + 1):
            same = np.flatnonzero(keys[step:] == keys[:-step])
            if not len(same):
                break
            pairs = np.stack([order[same], order[same + step]], axis=1)
            near = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]) <= bits
            found.append(np.sort(pairs[near], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _correlations(images: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(k,) Pearson correlation between the pixels of the two images of each pair."""
    correlations = np.empty(len(pairs), dtype=np.float32)
    for start in range(0, len(pairs), _BATCH):
        part = pairs[start : start + _BATCH]
        one, other = (images[part[:, side]].reshape(len(part), -1).astype(np.float32) for side in (0, 1))
        one, other = (pixels - pixels.mean(axis=1, keepdims=True) for pixels in (one, other))
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        correlations[start : start + _BATCH] = (one * other).sum(axis=1) / np.maximum(lengths, 1)
    return correlations


def alike(dataset: FaceDataset, blank: np.ndarray) -> np.ndarray:
    """(k, 2) indices of images that look alike without being identical; of identical copies the first stands for all.

    Args:
        blank: indices of images to leave out: without content all look alike.
    """
    different = np.setdiff1d(np.unique(dataset.groups, return_index=True)[1], blank)
    pairs = different[near_pairs(perceptual_hashes(dataset.images[different]))]
    return pairs[_correlations(dataset.images, pairs) >= NEAR_CORRELATION]


def near_groups(dataset: FaceDataset, pairs: np.ndarray) -> list[np.ndarray]:
    """Indices of images that look alike, directly or over others, a group each, with their identical copies.

    Args:
        pairs: as from `alike`.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, first, inverse = np.unique(dataset.groups, return_index=True, return_inverse=True)
    links = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(dataset),) * 2)
    component = connected_components(links, directed=False)[1]
    linked = np.isin(first[inverse], pairs)
    return _groups(np.where(linked, component[first[inverse]], -1 - np.arange(len(dataset))))


def like_one_of(dataset: FaceDataset, indices: np.ndarray, others: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(len(indices),) bool: which of these images look like one of the others, be it by an identical copy.

    Args:
        pairs: as from `alike`.
    """
    sides = dataset.groups[np.concatenate([pairs, pairs[:, ::-1]])]
    beside = sides[np.isin(sides[:, 1], dataset.groups[others]), 0]
    return np.isin(dataset.groups[indices], beside)
