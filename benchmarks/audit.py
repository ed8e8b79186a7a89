"""Time and memory of the audit at once, twice and four times as many images; the ratios show whether it grows linearly.

python -m benchmarks.audit                    on drawn faces, moved about
python -m benchmarks.audit PATH_OF_FER2013    on its images, moved about
"""

import resource
import time
from typing import Annotated

import numpy as np
import typer

from fer_core.datasets.audit import audit
from fer_core.datasets.dataset import IMAGE_SIZE, FaceDataset
from fer_core.datasets.store import open_dataset
from fer_core.opencv import cv2
from fer_core.prediction.detection import LOW_SCORE_THRESHOLD, default_detector


def moved(dataset: FaceDataset, images: int) -> FaceDataset:
    """As many images as asked for, each one of the set at random, mirrored or not, turned, enlarged and shifted."""
    rng = np.random.default_rng(0)
    chosen = rng.integers(len(dataset), size=images)
    faces = np.empty((images, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    for number, face in enumerate(chosen):
        motion = cv2.getRotationMatrix2D((IMAGE_SIZE / 2, IMAGE_SIZE / 2), rng.uniform(-25, 25), rng.uniform(1, 1.5))
        motion[:, 2] += rng.uniform(-8, 8, 2)
        mirrored = np.ascontiguousarray(dataset.images[face][:, :: rng.choice((-1, 1))])
        faces[number] = cv2.warpAffine(mirrored, motion, (IMAGE_SIZE, IMAGE_SIZE), borderMode=cv2.BORDER_REFLECT)
    names = np.array([f"moved/{number}" for number in range(images)])
    return FaceDataset(faces, dataset.labels[chosen], dataset.usage[chosen], names)


def main(
    data: Annotated[str, typer.Argument(help="FER2013 in any form, or 'drawn'")] = "drawn",
    images: Annotated[int, typer.Option(help="images at 1x")] = 9000,
    faces: Annotated[bool, typer.Option(help="look for images without a face too")] = False,
) -> None:
    source = open_dataset(data)
    detector = default_detector(score_threshold=LOW_SCORE_THRESHOLD) if faces else None
    first = None
    audit(moved(source, 100), detector=detector)  # imports what the first one else would be timed with
    for times in (1, 2, 4):
        dataset = moved(source, times * images)
        start, before = time.perf_counter(), time.process_time()
        audit(dataset, detector=detector)
        seconds, processor = time.perf_counter() - start, time.process_time() - before
        first = first or processor
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{len(dataset):>8,} images: {seconds:6.2f} s, of the processors {processor:6.2f} s "
            f"({processor / first:.1f} times the first), peak {peak:,.0f} MB"
        )


if __name__ == "__main__":
    typer.run(main)
