"""How a training ends without a record."""


class RunFailedError(RuntimeError):
    """The run can't go on; the message says why."""


class RunBusyError(RunFailedError):
    """Another process trains in the run's folder."""


class RunStoppedError(Exception):
    """The run was asked to stop; it can be resumed."""
