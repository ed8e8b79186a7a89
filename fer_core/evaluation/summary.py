"""Evaluations as tables to be read."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.report import Evaluation


def summary_table(evaluations: Mapping[str, Evaluation]) -> pd.DataFrame:
    """A row an evaluation; shares are 0 to 1.

    Columns: `split`, `images`, `accuracy`, `low` and `high` (95% interval), `new_images_accuracy`, `new_images_low` and
    `new_images_high` (without the images that also stand in the training images; None where no image is left),
    `top2_accuracy`, `macro_f1`, `mean_auc`, `ece`.
    """
    rows = []
    for name, evaluation in evaluations.items():
        new = evaluation.without_train_duplicates
        rows.append(
            {
                "split": name,
                "images": evaluation.images,
                "accuracy": evaluation.accuracy,
                "low": evaluation.interval.low,
                "high": evaluation.interval.high,
                "new_images_accuracy": new.accuracy if new else None,
                "new_images_low": new.interval.low if new else None,
                "new_images_high": new.interval.high if new else None,
                "top2_accuracy": evaluation.top2_accuracy,
                "macro_f1": evaluation.macro_f1,
                "mean_auc": evaluation.mean_auc,
                "ece": evaluation.ece,
            }
        )
    return pd.DataFrame(rows)


def recall_by_class(evaluation: Evaluation) -> pd.Series:
    """Share of each class's images that were told right, 0 to 1, the best class first; nan without images."""
    confusion = np.array(evaluation.confusion)
    with np.errstate(invalid="ignore"):
        recall = confusion.diagonal() / confusion.sum(axis=1)
    return pd.Series(recall, index=EMOTIONS, name="recall").sort_values(ascending=False)
