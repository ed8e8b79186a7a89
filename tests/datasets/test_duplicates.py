import imagehash
import numpy as np
import pytest
from PIL import Image

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.duplicates import (
    alike,
    identical_groups,
    like_one_of,
    near_groups,
    near_pairs,
    perceptual_hashes,
)


def dataset_of(images):
    n = len(images)
    names = np.array([f"train/happy/im{i}.png" for i in range(n)])
    return FaceDataset(np.stack(images), np.zeros(n, np.int64), np.full(n, "Training"), names)


def lists(groups):
    return [group.tolist() for group in groups]


def near(dataset, blank=()):
    return near_groups(dataset, alike(dataset, np.array(blank, dtype=int)))


def test_hashes_are_imagehashs(drawn):
    expected = [imagehash.phash(Image.fromarray(image), 8, 6).hash.ravel() for image in drawn.images]
    bits = np.unpackbits(perceptual_hashes(drawn.images).astype(">u8").view(np.uint8)).reshape(-1, 64)
    np.testing.assert_array_equal(bits.astype(bool), expected)


@pytest.mark.parametrize("bits", [0, 4, 8])
def test_the_pairs_are_those_of_comparing_all_with_all(bits):
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 60, dtype=np.uint64)
    flips = np.array([sum(1 << int(b) for b in rng.choice(64, k, replace=False)) for k in range(12)], dtype=np.uint64)
    hashes = np.concatenate([hashes, hashes[:12] ^ flips])
    distance = np.bitwise_count(hashes[:, None] ^ hashes)
    expected = np.argwhere(np.triu(distance <= bits, 1))
    assert near_pairs(hashes, bits).tolist() == expected.tolist()


def test_identical_images_make_a_group(drawn):
    images = [drawn.images[i] for i in (0, 1, 0, 2, 1, 0)]
    assert lists(identical_groups(dataset_of(images))) == [[0, 2, 5], [1, 4]]


def test_a_brighter_or_noisy_copy_is_near_and_comes_with_identical_ones(drawn):
    face, other = drawn.images[0], drawn.images[60]
    noise = np.random.default_rng(0).integers(-3, 4, face.shape)
    noisy = np.clip(face.astype(int) + noise, 0, 255).astype(np.uint8)
    faces = dataset_of([face, other, noisy, face])
    assert lists(near(faces)) == [[0, 2, 3]]


def test_identical_images_alone_are_not_near_duplicates(drawn):
    faces = dataset_of([drawn.images[0], drawn.images[60], drawn.images[0]])
    assert near(faces) == []


def test_blank_images_are_not_near_each_other():
    blanks = dataset_of([np.full((48, 48), value, np.uint8) for value in range(5)])
    assert near(blanks, blank=range(5)) == []


def test_to_look_like_one_that_looks_like_another_is_not_to_look_like_that(drawn):
    faces = dataset_of([drawn.images[0], drawn.images[1], drawn.images[2], drawn.images[0]])
    chain = np.array([[0, 1], [1, 2]])
    assert lists(near_groups(faces, chain)) == [[0, 1, 2, 3]]
    assert like_one_of(faces, np.array([0, 1, 3]), np.array([2]), chain).tolist() == [False, True, False]
    assert like_one_of(faces, np.array([1, 2]), np.array([3]), chain).tolist() == [True, False]
