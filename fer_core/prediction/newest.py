"""A thread that works on the newest thing handed in, so that nothing ever queues."""

import logging
import threading
from collections.abc import Callable
from typing import Any

LOG = logging.getLogger(__name__)
IDLE_SECONDS = 20.0


class NewestFirst:
    """Calls `work` in a thread of its own with the newest thing handed in; older ones that wait are dropped.

    The thread starts with the first thing, and ends when it is closed or nothing came for a while.

    Args:
        work: called with each thing; an exception is logged and kept in `error`, and the next thing is worked on.
        idle_seconds: after which the thread ends; it starts again by itself.

    Attributes:
        done, dropped: how many things were worked on, and how many were replaced before their turn.
        error: of the last call of `work`, None where it went well.
    """

    def __init__(self, work: Callable[[Any], None], *, idle_seconds: float = IDLE_SECONDS) -> None:
        self.done, self.dropped = 0, 0
        self.error: Exception | None = None
        self._work, self._idle_seconds = work, idle_seconds
        self._changed = threading.Condition()
        self._waiting: list[Any] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, thing: Any) -> None:
        """Hand in the newest thing; returns at once. After `close` it is dropped."""
        with self._changed:
            if self._closed:
                return
            self.dropped += len(self._waiting)
            self._waiting = [thing]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="newest-first", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Let the thread end after what it is doing; may be called from anywhere, more than once."""
        with self._changed:
            self._closed = True
            self._waiting = []
            self._changed.notify()

    def join(self, seconds: float) -> bool:
        """Wait for the thread to end; False where it had not within that time."""
        with self._changed:
            thread = self._thread
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed, self._idle_seconds)
                if not self._waiting:
                    self._thread = None
                    return
                thing = self._waiting.pop()
            try:
                self._work(thing)
                self.error = None
            except Exception as error:  # one bad frame must not end a stream
                if self.error is None:
                    LOG.exception("a frame could not be worked on")
                self.error = error
            del thing
            self.done += 1
