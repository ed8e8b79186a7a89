"""Time and memory of prediction: a 12-megapixel photo, and a face through ONNX Runtime against Keras.

python -m benchmarks.prediction
"""

import resource
import statistics
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import typer
from PIL import Image
from skimage import data

from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.card import SHIPPED_CARD

PHOTO_SIZE = (4000, 3000)
PHOTO_SECONDS, PHOTO_BYTES = 1.0, 1.5e9
FACE_SECONDS, KERAS_RATIO = 0.015, 8


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """Of one call, after one that is not counted."""
    seconds = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


def peak_bytes() -> int:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def photo() -> bytes:
    """A 12-megapixel JPEG with one face."""
    stream = BytesIO()
    Image.fromarray(data.astronaut()).resize(PHOTO_SIZE).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def keras_networks(card: Path, ensemble: Ensemble) -> list[Callable[..., np.ndarray]]:
    """`predict` of the same networks in Keras; random weights take the same time."""
    from fer_core import networks

    files = [onnx.load(card.parent / member.file) for member in ensemble.card.members]
    names = [next(entry.value for entry in model.metadata_props if entry.key == "network") for model in files]
    return [networks.build(name).predict for name in names]


def main(
    card: Annotated[Path, typer.Option(help="ensemble card")] = SHIPPED_CARD,
    repeats: Annotated[int, typer.Option(help="calls of which the median counts", min=3)] = 15,
) -> None:
    predictor = Predictor(Ensemble.load(card))
    ensemble = predictor.ensemble
    print(f"{card}: {', '.join(ensemble.names)}")

    picture = photo()
    before = peak_bytes()
    began = time.perf_counter()
    faces = len(predictor(picture).faces)
    first = time.perf_counter() - began
    later, peak = median_seconds(lambda: predictor(picture), repeats), peak_bytes()
    print(
        f"12-megapixel JPEG, {faces} face: {later:.2f} s ({later / PHOTO_SECONDS:.2f} of {PHOTO_SECONDS:g} s), "
        f"{first:.2f} s the first time; "
        f"peak {peak / 1e9:.2f} GB ({peak / PHOTO_BYTES:.2f} of {PHOTO_BYTES / 1e9:g} GB), "
        f"{before / 1e9:.2f} GB before it"
    )

    face = np.random.default_rng(0).integers(0, 256, (1, 48, 48), dtype=np.uint8)
    many = np.repeat(face, 32, axis=0)
    one = median_seconds(lambda: ensemble.probabilities(face), repeats)
    of_many = median_seconds(lambda: ensemble.probabilities(many), repeats) / len(many)
    print(
        f"ONNX Runtime, flip-averaged: {one * 1e3:.1f} ms a face "
        f"({one / FACE_SECONDS:.2f} of {FACE_SECONDS * 1e3:g} ms), "
        f"{of_many * 1e3:.1f} ms a face among {len(many)}"
    )

    calls = keras_networks(card, ensemble)
    for images, ours in ((face, one), (many, of_many)):
        both = np.concatenate([images, images[:, :, ::-1]])[..., None].astype(np.float32)
        keras = median_seconds(lambda both=both: [call(both, verbose=0) for call in calls], repeats) / len(images)
        print(
            f"Keras model.predict, {len(images)} with mirror: {keras * 1e3:.1f} ms a face, "
            f"{keras / ours:.1f} times ours (asked for one face: {KERAS_RATIO})"
        )


if __name__ == "__main__":
    typer.run(main)
