"""Measure how FER2013 frames faces and write `fer_core/prediction/framing.json`, out of which crops are framed.

python -m benchmarks.framing PATH_OF_FER2013 --yunet face_detection_yunet_2026may.onnx
"""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fer_core.datasets.sources import read_source
from fer_core.prediction.detection import CenterFaceDetector, FaceDetector, YuNetDetector
from fer_core.prediction.framing import measure_framing, write_framing

SEED = 2013


def main(
    data: Annotated[Path, typer.Argument(help="FER2013 in any form")],
    yunet: Annotated[Path, typer.Option(help="file of the YuNet detector")],
    images: Annotated[int, typer.Option(help="training images, drawn at random")] = 1500,
) -> None:
    dataset, _ = read_source(data)
    training = dataset.split("train")
    drawn = np.random.default_rng(SEED).choice(len(training), images, replace=False)
    detectors: list[FaceDetector] = [CenterFaceDetector(), YuNetDetector(yunet)]
    framings = {detector.name: measure_framing(training.images[drawn], detector) for detector in detectors}
    write_framing(framings, dataset.fingerprint)
    for name, framing in framings.items():
        print(name, framing, file=sys.stderr)


if __name__ == "__main__":
    typer.run(main)
