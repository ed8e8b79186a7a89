"""What training runs went through, and what differs between them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_core.training.config import RunConfig
from fer_core.words import N_, _

SMALL_GAP, LARGE_GAP = 0.03, 0.10
MIXED = N_("how far it overfits can't be told: its training accuracy was measured on mixed pictures")
COPIED = N_("how far it overfits can't be told: in its training accuracy rare classes count several times")
HARDER = N_(
    "how far it overfits can't be told: its training accuracy was measured on pictures made harder (augmentation)"
)


@dataclass(frozen=True)
class LearningGap:
    """Training against validation in the epoch that was kept.

    Attributes:
        training, validation: accuracy, 0 to 1.
        lowest_loss: epoch, from 1, with the lowest validation loss; none where that is the last, or is not recorded.
        untold: why the two can't be compared: `MIXED`, `COPIED` or `HARDER`; empty where they can.
        at_least: whether the gap to plain training images is at least this, see `made_harder`.
    """

    training: float
    validation: float
    epoch: int
    lowest_loss: int | None
    untold: str = ""
    at_least: bool = False

    @property
    def gap(self) -> float | None:
        """Training minus validation accuracy; none where the two can't be compared."""
        return None if self.untold else self.training - self.validation

    @property
    def sentence(self) -> str:
        """The gap in words."""
        if self.gap is None:
            said = _(self.untold)
        elif self.at_least:
            said = _(
                "overfits by at least {points:.0f} points: its training accuracy was measured on pictures made harder "
                "(augmentation)"
            )
        elif self.gap > LARGE_GAP:
            said = _("overfits: {points:.0f} points of its training accuracy don't carry over to new images")
        elif self.gap > SMALL_GAP:
            said = _("overfits a little ({points:.0f} points)")
        elif self.gap < -SMALL_GAP:
            said = _("better on validation, as training is measured with dropout and while the network still changes")
        else:
            said = _("no overfitting to speak of")
        measured = _("{training:.1%} right in training, {validation:.1%} on validation in epoch {epoch}")
        if self.gap is None:
            measured = _("{validation:.1%} right on validation in epoch {epoch}")
        measured = measured.format(training=self.training, validation=self.validation, epoch=self.epoch)
        sentence = f"{said.format(points=(self.gap or 0) * 100)} – {measured}"
        if self.lowest_loss:
            sentence += _("; the validation loss was lowest in epoch {epoch}").format(epoch=self.lowest_loss)
        return f"{sentence}."


def made_harder(config: RunConfig) -> bool:
    """Whether training accuracy is measured on pictures that augmentation made harder, so less than on plain ones."""
    return config.augmentation != "none"


def learning_gap(history: pd.DataFrame, kept_epoch: int, config: RunConfig) -> LearningGap | None:
    """How far training and validation lie apart; none where the history does not tell.

    Args:
        history: a row an epoch with `accuracy` and `val_accuracy`; `val_loss` where there is one.
        kept_epoch: from 1.
        config: that the run was trained with.
    """
    if not {"accuracy", "val_accuracy"} <= set(history) or not 1 <= kept_epoch <= len(history):
        return None
    row = history.iloc[kept_epoch - 1]
    lowest = (
        int(np.nanargmin(history["val_loss"])) + 1
        if "val_loss" in history and history["val_loss"].notna().any()
        else None
    )
    training, validation, harder = float(row["accuracy"]), float(row["val_accuracy"]), made_harder(config)
    untold = ""
    if config.mixup:
        untold = MIXED
    elif config.sampling != "none":
        untold = COPIED  # another mix of classes can make a gap by itself, either way
    elif harder and training - validation <= SMALL_GAP:
        untold = HARDER
    lowest = lowest if lowest != len(history) else None
    return LearningGap(training, validation, kept_epoch, lowest, untold, harder)


def configuration_differences(configs: Mapping[str, RunConfig]) -> pd.DataFrame:
    """What is not the same in all configurations: a row a setting (the index), a column a run; empty where none is."""
    table = pd.DataFrame({name: config.model_dump(mode="json") for name, config in configs.items()}, dtype=object)
    written = table.map(lambda value: "–" if value is None else str(value))
    return written[written.nunique(axis=1) > 1].rename_axis("setting")
