"""How a training ends without a record."""

LOSS_IS = "the loss is"
"""Begins the message of a run that diverged, by which it is told among recorded reasons."""


class RunFailedError(RuntimeError):
    """The run can't go on; the message says why."""


class DivergedError(RunFailedError):
    """The loss is no number, told with the epoch and the batch: the same run would fail again."""

    def __str__(self) -> str:
        """What happened, with advice."""
        return (
            f"{self.args[0]}: lower learning_rate, or set clip_norm; the checkpoint of the last finished epoch is kept"
        )


class RunBusyError(RunFailedError):
    """Another process trains in the run's folder."""


class RunStoppedError(Exception):
    """The run was asked to stop; it can be resumed."""
