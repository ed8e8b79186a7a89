"""What a finished network says of the images that it was not trained on, for its record."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.prediction.ensemble import Ensemble
from fer_core.training.config import RunConfig
from fer_core.training.devices import processor_threads
from fer_core.training.record import PROBABILITIES, RecordError, SplitProbabilities, read_run, write_answers
from fer_core.training.split import split_of


def copies_of_training(
    dataset: FaceDataset, parts: Mapping[str, np.ndarray], config: RunConfig
) -> dict[str, np.ndarray]:
    """By part, (n,) bool: which of its images also stand, byte for byte, among the training images.

    Validation images are held against those trained on. The others have the same marks in every run that shares them:
    held-out images against all that is not held out, test images against all training images.

    Args:
        parts: (n,) indices into the data set by the part's name. Training images that are neither in `validation` nor
            in `holdout` nor left out by the configuration were trained on.
    """
    training = dataset.where("Training")
    outside = np.setdiff1d(training, parts.get("holdout", []))
    trained_on = np.setdiff1d(outside, parts.get("validation", []))
    if config.training_share < 1:
        trained_on = np.intersect1d(trained_on, split_of(config, dataset).train)
    among = {"holdout": outside, "validation": trained_on}
    return {name: dataset.also_in_training(indices, among.get(name, training)) for name, indices in parts.items()}


def recorded_answers(
    model: Path, dataset: FaceDataset, parts: Mapping[str, np.ndarray], config: RunConfig
) -> dict[str, SplitProbabilities]:
    """By part, what a network answers; parts without images are left out.

    Args:
        model: the network as ONNX.
        parts: as for `copies_of_training`.
        config: of the run; says whether a face and its mirror image are averaged.

    Raises:
        ModelError: the file is not a network of this package.
    """
    network = Ensemble.of_model(model, flip_averaging=config.flip_averaging, threads=processor_threads())
    copies = copies_of_training(dataset, parts, config)
    return {
        name: SplitProbabilities(
            ids=dataset.names[indices],
            labels=dataset.labels[indices],
            probabilities=network.probabilities(dataset.images[indices]),
            also_in_training=copies[name],
        )
        for name, indices in parts.items()
        if len(indices)
    }


def mark_copies(folder: Path, dataset: FaceDataset) -> bool:
    """Tell anew which images of a recorded run also stand among those trained on; its answers stay as they are.

    Returns:
        Whether the record said otherwise.

    Raises:
        RecordError: the folder holds no complete run of this data set.
        OSError: it can't be written; it is as it was.
    """
    record = read_run(folder).record
    with np.load(folder / PROBABILITIES) as file:
        arrays = dict(file)
    names = [key.removesuffix("_ids") for key in arrays if key.endswith("_ids")]
    if record.data_fingerprint != dataset.fingerprint or not all(
        name in dataset.positions for part in names for name in arrays[f"{part}_ids"].tolist()
    ):
        raise RecordError(
            f"{folder}: was recorded on the data set {record.data_fingerprint}; this is {dataset.fingerprint}, or its "
            "images are called otherwise"
        )
    parts = {name: np.array([dataset.positions[each] for each in arrays[f"{name}_ids"].tolist()]) for name in names}
    found = copies_of_training(dataset, parts, record.config)
    copies = {f"{name}_also_in_training": marks for name, marks in found.items()}
    if all(np.array_equal(arrays[key], marks) for key, marks in copies.items()):
        return False
    write_answers(folder, record, arrays | copies)
    return True
