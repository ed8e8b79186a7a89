"""A camera for the pages to meet: WebRTC's own part needs a browser, which tests/browser/test_live.py has."""

from types import SimpleNamespace

import pytest

import pages.live_camera

FINE = {"secure": True, "supported": True, "permission": "granted", "cameras": 1}


class Camera:
    """What the browser and the connection say."""

    def __init__(self) -> None:
        self.facts, self.state, self.asked = dict(FINE), "idle", {}

    def streamer(self, key: str, mode: object, **options: object) -> SimpleNamespace:
        self.asked = options
        playing, signalling = self.state == "playing", self.state == "connecting"
        return SimpleNamespace(state=SimpleNamespace(playing=playing, signalling=signalling))


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Camera:
    camera = Camera()
    monkeypatch.setattr(pages.live_camera, "webrtc_streamer", camera.streamer)
    monkeypatch.setattr(pages.live_camera, "create_video_sink_track", lambda *_, **__: None)
    monkeypatch.setattr(pages.live_camera, "browser_facts", lambda: camera.facts)
    return camera
