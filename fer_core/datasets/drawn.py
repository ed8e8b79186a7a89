"""The drawn sample set: cartoon faces with the seven expressions, for machines without FER2013.

Plainly synthetic: nothing measured on it says anything about real faces.
"""

from collections import Counter

import numpy as np
from numpy.random import Generator, default_rng

from fer_core.datasets.dataset import IMAGE_SIZE, USAGES, FaceDataset
from fer_core.datasets.drawn_face import Expression, Look, paint, shade
from fer_core.datasets.fer2013 import EXPECTED_COUNTS, PUBLIC_TEST_COUNTS
from fer_core.emotions import EMOTIONS
from fer_core.opencv import cv2

FEWEST_IMAGES = 100
FEWEST_A_CLASS: dict[str, int] = {"Training": 5, "PublicTest": 2, "PrivateTest": 2}
COPIES_SHARE, OTHER_LABEL_SHARE, BLANK_SHARE = 0.05, 0.2, 0.002

_RELAXED = Expression(0.0, 0.0, 0.06, 0.0, 1.0, 0.0, 0.0, 0.34, 0.0, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0)
_STYLES: dict[str, tuple[Expression, ...]] = {
    "angry": (
        Expression(-0.2, 0.14, 0.0, 1.0, 0.75, 0.2, 0.0, 0.3, -0.12, 0.0, 0.0, 0.0, 0.0, 0.1, 0.25),
        Expression(-0.22, 0.16, 0.0, 1.0, 0.85, 0.15, 0.0, 0.38, -0.12, 0.2, 0.14, 0.0, 0.9, 0.2, 0.5),
    ),
    "disgusted": (
        Expression(-0.12, -0.05, 0.03, 0.5, 0.5, 0.5, -0.03, 0.33, -0.13, 0.02, 0.15, 0.1, 0.55, 1.0, 0.9),
        Expression(-0.1, -0.06, 0.03, 0.4, 0.4, 0.5, -0.03, 0.31, -0.15, 0.16, 0.14, 0.05, 0.3, 1.0, 1.0),
    ),
    "fearful": (
        Expression(0.27, 0.06, 0.0, 0.6, 1.75, 0.0, 0.0, 0.42, -0.11, 0.15, 0.02, 0.0, 0.85, 0.0, 0.1),
        Expression(0.3, 0.05, 0.0, 0.5, 1.7, 0.0, 0.0, 0.38, -0.13, 0.24, 0.0, 0.0, 0.3, 0.0, 0.1),
    ),
    "happy": (
        Expression(0.05, 0.04, 0.1, 0.0, 0.75, 0.42, 0.0, 0.5, 0.17, 0.33, -0.08, 0.0, 0.45, 0.0, 0.9),
        Expression(0.04, 0.03, 0.09, 0.0, 0.8, 0.35, 0.0, 0.47, 0.17, 0.13, -0.12, 0.0, 0.0, 0.0, 0.7),
    ),
    "neutral": (_RELAXED,),
    "sad": (
        Expression(0.2, -0.12, 0.0, 0.25, 0.55, 0.05, -0.07, 0.3, -0.17, -0.03, 0.04, 0.0, 0.0, 0.0, 0.1),
        Expression(0.22, -0.12, 0.0, 0.3, 0.45, 0.25, -0.05, 0.36, -0.18, 0.1, 0.02, 0.0, 0.3, 0.0, 0.3),
    ),
    "surprised": (
        Expression(0.28, 0.22, 0.16, 0.0, 1.7, 0.0, 0.0, 0.22, 0.0, 0.34, 0.12, 0.0, 0.0, 0.0, 0.0),
        Expression(0.25, 0.2, 0.15, 0.0, 1.6, 0.0, 0.0, 0.27, 0.02, 0.42, 0.08, 0.0, 0.2, 0.0, 0.0),
    ),
}
_JITTER = np.array([0.03, 0.03, 0.02, 0.1, 0.1, 0.05, 0.02, 0.03, 0.02, 0.015, 0.015, 0.02, 0.08, 0.08, 0.1])
_SHARES = ("frown", "lower_lid", "teeth", "wrinkles", "cheeks")

_SKINS = ((255, 224, 196), (241, 200, 165), (224, 172, 132), (196, 140, 100), (156, 104, 72), (112, 72, 50))
_HAIRS = ((40, 30, 26), (70, 48, 34), (120, 82, 48), (190, 150, 90), (150, 70, 40), (170, 170, 170))
_BACKGROUNDS = ((198, 214, 226), (120, 140, 150), (226, 210, 190), (70, 84, 96), (176, 196, 172), (214, 190, 204))
_CLOTHES = ((60, 90, 130), (140, 60, 60), (70, 110, 84), (90, 80, 110), (190, 170, 120))
_IRISES = ((70, 44, 28), (60, 90, 130), (70, 100, 60))


def _expression(emotion: str, rng: Generator, intensity: float) -> Expression:
    """Somewhere between a relaxed face and one style of an emotion, with some play in every part."""
    styles = _STYLES[emotion]
    target = np.array(styles[rng.integers(len(styles))])
    relaxed = np.array(_RELAXED)
    values = Expression(*(relaxed + intensity * (target - relaxed) + _JITTER * rng.normal(size=len(relaxed))))
    mirrored = values._replace(skew=values.skew * rng.choice((-1, 1)))
    return mirrored._replace(**{name: float(np.clip(getattr(mirrored, name), 0, 1)) for name in _SHARES})


def _look(rng: Generator, *, portrait: bool) -> Look:
    def near(middle: float, spread: float) -> float:
        return middle + spread * rng.uniform(-1, 1)

    def pick(colours: tuple) -> tuple[int, int, int]:
        return shade(colours[rng.integers(len(colours))], near(1, 0.1))

    skin = pick(_SKINS)
    return Look(
        skin=skin,
        hair=pick(_HAIRS),
        lips=(int(skin[0] * 0.78), int(skin[1] * 0.5), int(skin[2] * 0.52)),
        iris=pick(_IRISES),
        background=pick(_BACKGROUNDS),
        clothes=pick(_CLOTHES),
        width=near(0.98, 0.1),
        length=near(1.0, 0.08),
        jaw_taper=near(0.2, 0.12),
        eye_size=near(1.05, 0.15),
        eye_gap=near(1.0, 0.08),
        brow_weight=near(1.0, 0.35),
        nose_size=near(1.0, 0.3),
        hair_style=("none", "short", "short", "fringe", "long", "long")[rng.integers(6)],
        glasses=bool(rng.random() < 0.1),
        moustache=bool(rng.random() < 0.08),
        turn=near(0, 0.04 if portrait else 0.1),
        nod=near(0, 0.03 if portrait else 0.06),
        centre=(near(0.5, 0.02), near(0.46, 0.02)) if portrait else (near(0.5, 0.05), near(0.5, 0.05)),
        scale=near(0.27, 0.01) if portrait else near(0.41, 0.05),
        angle=near(0, 4 if portrait else 12),
    )


def _photographed(pixels: np.ndarray, rng: Generator, noise: float) -> np.ndarray:
    """Light from one side, brightness, contrast and sensor noise; (h, w) or (h, w, 3) uint8 in and out."""
    across = np.linspace(-1, 1, pixels.shape[0], dtype=np.float32)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.3)
    light = 1 + strength * (np.cos(angle) * across + np.sin(angle) * across[:, None])
    light = light.reshape(*light.shape, *[1] * (pixels.ndim - 2))
    contrast, brightness = rng.uniform(0.75, 1.1), rng.uniform(-25, 25)
    shot = (pixels * light - 128) * contrast + 128 + brightness
    shot += noise * rng.standard_normal(pixels.shape, dtype=np.float32)
    return np.clip(shot, 0, 255).astype(np.uint8)


def draw_face(emotion: str, size: int = 480, seed: int | tuple[int, ...] = 0) -> np.ndarray:
    """A portrait with the full expression, with hair, neck and shoulders, as a sample picture.

    Args:
        emotion: one of `EMOTIONS`.
        size: pixels a side.
        seed: the same seed gives the same person, and with the same emotion the same picture.

    Returns:
        uint8 (size, size, 3) RGB.

    Raises:
        ValueError: unknown emotion, or a size under 16.
    """
    if emotion not in EMOTIONS:
        raise ValueError(f"emotion: expected one of {EMOTIONS}, got {emotion!r}")
    if size < 16:
        raise ValueError(f"size: expected at least 16 pixels, got {size}")
    rng = default_rng(seed)
    look = _look(rng, portrait=True)
    return _photographed(paint(_expression(emotion, rng, 1.0), look, size, colour=True), rng, noise=2.0)


def _draw_crop(emotion: str, seed: tuple[int, ...]) -> np.ndarray:
    """A face as FER2013 frames it: uint8 (48, 48), of any intensity from weak to full."""
    rng = default_rng(seed)
    look = _look(rng, portrait=False)
    pixels = paint(_expression(emotion, rng, rng.uniform(0.4, 1.1)), look, 2 * IMAGE_SIZE)
    pixels = cv2.resize(pixels, (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_AREA)
    return _photographed(pixels, rng, noise=rng.uniform(2, 9))


def _counts(images: int) -> np.ndarray:
    """(3, 7) images of each usage and class, in FER2013's proportions; they add up to `images`."""
    public = np.array([PUBLIC_TEST_COUNTS[emotion] for emotion in EMOTIONS])
    real = np.stack([np.array(EXPECTED_COUNTS["train"]), public, np.array(EXPECTED_COUNTS["test"]) - public])
    counts = np.rint(real * images / real.sum()).astype(int)
    counts = np.maximum(counts, np.array([FEWEST_A_CLASS[usage] for usage in USAGES])[:, None])
    counts[np.unravel_index(counts.argmax(), counts.shape)] += images - counts.sum()
    return counts


def _plant_flaws(images: np.ndarray, labels: np.ndarray, usage: np.ndarray, rng: Generator) -> None:
    """Give the set FER2013's kinds of flaws, in place: repeated images, some under another label, and blank ones."""
    training = np.flatnonzero(usage == "Training")
    n = len(images)
    spoiled = rng.permutation(n)[: round(COPIES_SHARE * n) + round(BLANK_SHARE * n)]
    originals = np.setdiff1d(training, spoiled)
    for position, index in enumerate(spoiled):
        if position < round(BLANK_SHARE * n):
            images[index] = rng.integers(256)
            continue
        same = labels[originals] == labels[index]
        candidates = originals[~same if rng.random() < OTHER_LABEL_SHARE else same]
        if len(candidates):
            images[index] = images[rng.choice(candidates)]


def drawn_dataset(images: int = 1400, seed: int = 0) -> FaceDataset:
    """Draw the sample set: FER2013's usages, imbalance and kinds of flaws, in small.

    About 5% of the images repeat a training image, a fifth of those under another label, and 0.2% are blank, so
    that an audit has something to find.

    Args:
        images: in all, at least 100.
        seed: the same seed and number of images give the same set.

    Raises:
        ValueError: too few images.
    """
    if images < FEWEST_IMAGES:
        raise ValueError(f"images: expected at least {FEWEST_IMAGES}, got {images}")
    drawn, labels, usages, names = [], [], [], []
    numbers: Counter[str] = Counter()
    for part, (usage, row) in enumerate(zip(USAGES, _counts(images), strict=True)):
        for label, count in enumerate(row):
            drawn += [_draw_crop(EMOTIONS[label], (seed, part, label, number)) for number in range(count)]
            labels += [label] * count
            usages += [usage] * count
            folder = f"drawn/{'train' if usage == 'Training' else 'test'}/{EMOTIONS[label]}"
            names += [f"{folder}/{numbers[folder] + number}" for number in range(count)]
            numbers[folder] += count
    pictures = np.stack(drawn)
    _plant_flaws(pictures, np.array(labels), np.array(usages), default_rng((seed, images)))
    return FaceDataset(pictures, np.array(labels), np.array(usages), np.array(names), synthetic=True)
