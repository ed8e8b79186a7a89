import asyncio
import threading

import numpy as np
import pytest
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.detection import CenterFaceDetector
from fer_core.prediction.stream import AnsweredFrame
from fer_core.prediction.webrtc import AnsweredTrack, LiveSession, relay_newest_only
from tests.prediction.clips import frame_at


def answered(number: int) -> AnsweredFrame:
    return AnsweredFrame(number, number / 10, np.full((48, 64, 3), number, np.uint8), (), None)


def test_a_frame_that_was_not_sent_is_replaced_by_the_newer_one():
    async def receive():
        track = AnsweredTrack()
        track.put(answered(1))
        track.put(answered(2))
        return await asyncio.wait_for(track.recv(), 30)

    frame = asyncio.run(receive())
    assert frame.to_ndarray(format="rgb24").max() == 2
    assert frame.time == pytest.approx(0.2)


def test_a_waiting_receiver_gets_the_frame_that_another_thread_puts():
    async def receive():
        track = AnsweredTrack()
        waiting = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        threading.Thread(target=track.put, args=[answered(3)]).start()
        return await asyncio.wait_for(waiting, 30)

    assert asyncio.run(receive()).width == 64


def test_a_waiting_receiver_is_told_when_the_session_ends():
    async def receive():
        track = AnsweredTrack()
        waiting = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        threading.Thread(target=track.stop).start()
        await asyncio.wait_for(waiting, 30)

    with pytest.raises(MediaStreamError):
        asyncio.run(receive())


def test_a_slow_encoder_gets_the_newest_frame_and_none_queues_up_for_it():
    async def receive():
        track, relay = AnsweredTrack(), MediaRelay()
        relay_newest_only(relay)
        encoder = relay.subscribe(track)
        frames = [track.put(answered(1)) or await asyncio.wait_for(encoder.recv(), 30)]
        for number in (2, 3, 4):  # the relay takes each at once, the encoder none
            track.put(answered(number))
            await asyncio.sleep(0.05)
        frames.append(await asyncio.wait_for(encoder.recv(), 30))
        track.stop()
        return [frame.to_ndarray(format="rgb24").max() for frame in frames]

    assert asyncio.run(receive()) == [1, 4]


def test_the_cameras_frames_come_back_answered_until_the_session_ends(tiny_card, astronaut):
    before = set(threading.enumerate())
    session = LiveSession(Predictor(Ensemble.load(tiny_card), CenterFaceDetector()))
    frame = VideoFrame.from_ndarray(frame_at(astronaut, 80), format="rgb24")

    async def one_frame():
        session.receive(frame)
        return await asyncio.wait_for(session.answers.recv(), 60)

    back = asyncio.run(one_frame())
    assert (back.width, back.height) == (640, 480)
    assert (back.to_ndarray(format="rgb24") != frame.to_ndarray(format="rgb24")).any()

    session.end()
    assert session.stream.join(30)
    session.receive(frame)
    assert session.stream.statistics().frames == 1
    assert set(threading.enumerate()) <= before
