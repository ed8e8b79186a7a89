"""What int8 would save and cost: accuracy on the hold-out, time and size of each network of an ensemble.

python -m benchmarks.quantisation --data PATH_OF_FER2013
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fer_core.datasets.splits import split_training
from fer_core.datasets.store import open_dataset
from fer_core.evaluation.metrics import hits
from fer_core.evaluation.paired import compare_paired
from fer_core.prediction import Ensemble
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.ensemble import start_session
from fer_core.training.quantise import CALIBRATION_IMAGES, quantise

ROUNDS = 100


def milliseconds(ensembles: list[Ensemble]) -> list[float]:
    """Median of one face, mirrored too, the ensembles by turns."""
    face = np.random.default_rng(0).integers(0, 256, (1, 48, 48), dtype=np.uint8)
    seconds: list[list[float]] = [[] for _ in ensembles]
    for _ in range(ROUNDS + 1):
        for found, ensemble in zip(seconds, ensembles, strict=True):
            began = time.perf_counter()
            ensemble.probabilities(face)
            found.append(time.perf_counter() - began)
    return [statistics.median(found[1:]) * 1e3 for found in seconds]


def main(
    data: Annotated[str, typer.Option(help="FER2013 in any form")] = "",
    card: Annotated[Path, typer.Option(help="ensemble card")] = SHIPPED_CARD,
) -> None:
    dataset = open_dataset(data or None)
    split = split_training(dataset, seed=0, holdout=True)
    drawn = np.random.default_rng(0).choice(split.train, CALIBRATION_IMAGES, replace=False)
    images, labels = dataset.images[split.holdout], dataset.labels[split.holdout]
    whole = Ensemble.load(card)
    files = [card.parent / member.file for member in whole.card.members]
    with tempfile.TemporaryDirectory() as folder:
        small = [Path(folder) / file.name for file in files]
        for file, other in zip(files, small, strict=True):
            quantise(file, dataset.images[drawn], other)
        pairs = {
            file.stem: (Ensemble.of_model(file), Ensemble.of_model(other), file.stat().st_size, other.stat().st_size)
            for file, other in zip(files, small, strict=True)
        }
        together = Ensemble(whole.card, [start_session(file) for file in small], whole.folder)
        sizes = (sum(pair[place] for pair in pairs.values()) for place in (2, 3))
        pairs["all together"] = (whole, together, *sizes)
        for name, (floating, integer, before, after) in pairs.items():
            right = [hits(ensemble.probabilities(images), labels) for ensemble in (floating, integer)]
            found = compare_paired(right[1], right[0])
            times = milliseconds([floating, integer])
            print(
                f"{name}: {right[0].mean():.2%} as it is, {right[1].mean():.2%} in int8 on {len(labels):,} hold-out "
                f"images ({found.difference * 100:+.2f} points, 95% {found.interval[0] * 100:+.2f} to "
                f"{found.interval[1] * 100:+.2f}); {times[0]:.1f} and {times[1]:.1f} ms a face "
                f"({times[1] / times[0]:.2f}); {before / 1e6:.1f} and {after / 1e6:.1f} MB ({after / before:.2f})"
            )


if __name__ == "__main__":
    typer.run(main)
