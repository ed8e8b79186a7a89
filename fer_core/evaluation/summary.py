"""Evaluations as tables to be read."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.report import Evaluation


def summary_table(evaluations: Mapping[str, Evaluation]) -> pd.DataFrame:
    """A row an evaluation; shares are 0 to 1.

    Columns: `split`, `images`, `accuracy`, `low` and `high` (95% interval), `new_images_accuracy` (without the images
    that also stand in the training images), `top2_accuracy`, `macro_f1`, `mean_auc`, `ece`.
    """
    return pd.DataFrame(
        {
            "split": name,
            "images": evaluation.images,
            "accuracy": evaluation.accuracy,
            "low": evaluation.interval[0],
            "high": evaluation.interval[1],
            "new_images_accuracy": (
                evaluation.without_train_duplicates.accuracy if evaluation.without_train_duplicates else None
            ),
            "top2_accuracy": evaluation.top2_accuracy,
            "macro_f1": evaluation.macro_f1,
            "mean_auc": evaluation.mean_auc,
            "ece": evaluation.ece,
        }
        for name, evaluation in evaluations.items()
    )


def recall_by_class(evaluation: Evaluation) -> pd.Series:
    """Share of each class's images that were told right, 0 to 1, the best class first; nan without images."""
    confusion = np.array(evaluation.confusion)
    with np.errstate(invalid="ignore"):
        recall = confusion.diagonal() / confusion.sum(axis=1)
    return pd.Series(recall, index=EMOTIONS, name="recall").sort_values(ascending=False)
