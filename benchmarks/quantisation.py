"""What int8 would save and cost: accuracy on the hold-out, time and size of each network of an ensemble.

python -m benchmarks.quantisation --data PATH_OF_FER2013
"""

import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from fer_core.datasets.splits import split_training
from fer_core.datasets.store import open_dataset
from fer_core.evaluation.metrics import hits
from fer_core.evaluation.paired import compare_paired
from fer_core.prediction import Ensemble
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.ensemble import start_session

CALIBRATION_IMAGES, CALIBRATION_BATCH = 512, 32
ROUNDS = 100


class Faces(CalibrationDataReader):
    """Batches of faces as a network takes them."""

    def __init__(self, images: np.ndarray) -> None:
        self.batches: Iterator[np.ndarray] = iter(
            images[start : start + CALIBRATION_BATCH, :, :, None].astype(np.float32)
            for start in range(0, len(images), CALIBRATION_BATCH)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch; None after the last."""
        batch = next(self.batches, None)
        return None if batch is None else {"images": batch}


def quantised(model: Path, images: np.ndarray, to: Path) -> Path:
    """The network with its convolutions and products in int8, ranges taken from these images."""
    prepared = to / f"{model.stem}-prepared.onnx"
    quant_pre_process(model, prepared, skip_symbolic_shape=True)
    written = to / model.name
    quantize_static(
        prepared,
        written,
        Faces(images),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,  # processors without VNNI add products of 8-bit weights in 16 bits, which overflow
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv", "MatMul"],
    )
    return written


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
    logging.getLogger().setLevel(logging.ERROR)  # of advice that the quantiser gives for every model
    dataset = open_dataset(data or None)
    split = split_training(dataset, seed=0, holdout=True)
    drawn = np.random.default_rng(0).choice(split.train, CALIBRATION_IMAGES, replace=False)
    images, labels = dataset.images[split.holdout], dataset.labels[split.holdout]
    whole = Ensemble.load(card)
    files = [card.parent / member.file for member in whole.card.members]
    with tempfile.TemporaryDirectory() as folder:
        small = [quantised(file, dataset.images[drawn], Path(folder)) for file in files]
        pairs = {
            file.stem: (Ensemble.of_model(file), Ensemble.of_model(other), file.stat().st_size, other.stat().st_size)
            for file, other in zip(files, small, strict=True)
        }
        together = Ensemble(whole.card, [start_session(file) for file in small])
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
