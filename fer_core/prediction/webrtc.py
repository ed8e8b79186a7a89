"""A live stream between a browser's camera and the same browser's screen, over WebRTC."""

import asyncio
from fractions import Fraction
from functools import partial

from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from fer_core.prediction.predictor import Predictor
from fer_core.prediction.stream import AnsweredFrame, LiveStream

CLOCK_RATE = 90_000


class AnsweredTrack(MediaStreamTrack):
    """Sends each answered frame once; while there is no new one it sends nothing, so a slow answer can't queue."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._newest: VideoFrame | None = None
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def put(self, answered: AnsweredFrame) -> None:
        """Give the next frame, from any thread; one that was not sent yet is replaced."""
        frame = VideoFrame.from_ndarray(answered.image, format="rgb24")
        frame.pts, frame.time_base = int(answered.time * CLOCK_RATE), Fraction(1, CLOCK_RATE)
        self._newest = frame
        self._wake()

    async def recv(self) -> VideoFrame:
        """The next frame, as soon as there is one."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            frame, self._newest = self._newest, None
            if self.readyState != "live":
                raise MediaStreamError
            if frame is not None:
                return frame
            await self._changed.wait()

    def stop(self) -> None:
        """End the track, from any thread."""
        super().stop()
        self._newest = None
        self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._changed.set)


def relay_newest_only(relay: MediaRelay) -> None:
    """Let whoever is slow to take a relayed frame, as an encoder may be, miss some: by default they queue up."""
    relay.subscribe = partial(MediaRelay.subscribe, relay, buffered=False)


class LiveSession:
    """One person's camera from start to stop.

    Attributes:
        stream: answers the frames.
        answers: the track that goes back to the browser.
        ended: whether the camera's track has ended.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.answers = AnsweredTrack()
        self.stream = LiveStream(predictor, on_answer=self.answers.put)
        self.ended = False

    def receive(self, frame: VideoFrame) -> None:
        """Take the camera's next frame; returns at once, for it is called in the thread that moves all streams."""
        self.stream.submit(lambda: frame.to_ndarray(format="rgb24"))

    def end(self) -> None:
        """Let the session's thread and track end; what was answered stays readable."""
        self.ended = True
        self.stream.close()
        self.answers.stop()
