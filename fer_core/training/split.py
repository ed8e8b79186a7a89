"""The split that a configuration asks for."""

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.splits import Split, split_training
from fer_core.training.config import RunConfig


def split_of(config: RunConfig, dataset: FaceDataset) -> Split:
    """The parts of the training images that a configuration asks for.

    Raises:
        ValueError: a class has too few images to stand in each part.
    """
    return split_training(
        dataset,
        seed=config.split_seed,
        validation_share=config.validation_share,
        training_share=config.training_share,
        holdout=config.holdout,
        by_duplicates=config.split_by == "duplicates",
    )
