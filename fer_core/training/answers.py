"""What a finished network says of the images that it was not trained on, for its record."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.prediction.ensemble import Ensemble
from fer_core.training.record import SplitProbabilities


def recorded_answers(
    model: Path, dataset: FaceDataset, parts: Mapping[str, np.ndarray], *, flip_averaging: bool
) -> dict[str, SplitProbabilities]:
    """By part, what a network answers; parts without images are left out.

    Args:
        model: the network as ONNX.
        parts: (n,) indices into the data set by the part's name.
        flip_averaging: whether a face and its mirror image are averaged.

    Raises:
        ModelError: the file is not a network of this package.
    """
    network = Ensemble.of_model(model, flip_averaging=flip_averaging)
    return {
        name: SplitProbabilities(
            ids=dataset.names[indices],
            labels=dataset.labels[indices],
            probabilities=network.probabilities(dataset.images[indices]),
            also_in_training=dataset.also_in_training(indices) & (dataset.usage[indices] != "Training"),
        )
        for name, indices in parts.items()
        if len(indices)
    }
