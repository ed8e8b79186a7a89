"""The parts of a run that are trained differently: small pictures first, or a frozen backbone first."""

from dataclasses import dataclass

from fer_core.training.config import RunConfig


@dataclass(frozen=True)
class Stage:
    """Some epochs in a row.

    Attributes:
        size: pixels a side that the network works on.
        begin, end: epochs done before and after it.
        frozen: whether the pretrained backbone keeps its weights.
        peak: highest learning rate.
        schedule_begin, schedule_end: epochs between which the learning rate runs through its schedule.
    """

    size: int
    begin: int
    end: int
    frozen: bool
    peak: float
    schedule_begin: int
    schedule_end: int


def stages(config: RunConfig) -> tuple[Stage, ...]:
    """The stages of a run, in their order.

    Progressive resizing is one schedule all through. Fine-tuning begins its own, at a lower rate and with a fresh
    optimizer: the frozen epochs only taught the layers on top what the backbone's features mean.
    """
    rate, last = config.learning_rate, config.epochs
    if config.freeze_epochs:
        turn = config.freeze_epochs
        return (
            Stage(config.size, 0, turn, True, rate, 0, turn),
            Stage(config.size, turn, last, False, rate * config.fine_tune_rate, turn, last),
        )
    if config.small_epochs:
        turn = config.small_epochs
        return (
            Stage(config.small_size, 0, turn, False, rate, 0, last),
            Stage(config.size, turn, last, False, rate, 0, last),
        )
    return (Stage(config.size, 0, last, False, rate, 0, last),)
