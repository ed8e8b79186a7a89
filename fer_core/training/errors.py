"""How a training ends without a record."""

LOSS_IS = "the loss is"
"""Begins the message of a run that failed because its loss is no number: the same run would fail again."""


class RunFailedError(RuntimeError):
    """The run can't go on; the message says why."""


class RunBusyError(RunFailedError):
    """Another process trains in the run's folder."""


class RunStoppedError(Exception):
    """The run was asked to stop; it can be resumed."""
