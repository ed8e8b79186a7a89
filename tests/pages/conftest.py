"""What all tests of pages have in common, a camera for the pages to meet, and records for them to compare.

WebRTC's own part needs a browser, which tests/browser/test_live.py has.
"""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit
from aiortc.contrib.media import MediaRelay
from streamlit.components.v2 import manifest_scanner
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

import pages.live_camera
from fer_core.comparison.places import Places, places
from fer_core.datasets import store
from pages import dataset_found, dataset_import, dataset_jobs, dataset_review
from tests.comparison.records import write_library

FINE = {"secure": True, "supported": True, "permission": "granted", "cameras": 1}

scan_once = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def quick_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two things that Streamlit does for each run of a page take most of the tests' time.

    It clears Keras, which the app never has but other tests of this process do, and reads what every installed package
    says of itself.
    """
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", scan_once)


@pytest.fixture(autouse=True)
def relay(monkeypatch: pytest.MonkeyPatch) -> MediaRelay:
    """Of all streams, which the server would have."""
    relay = MediaRelay()
    monkeypatch.setattr(pages.live_camera, "get_global_relay", lambda: relay)
    return relay


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


def headings(at: AppTest) -> list[str]:
    """What a page says in large: the answers to its pictures, what it asks for, or the result of the test."""
    return [element.value for element in at.markdown if element.value.startswith("## ")]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shipped records and a run of one's own; measured once, as statistics follow the content."""
    root = tmp_path_factory.mktemp("library")
    write_library(root / "models", root / "runs")
    return root


@pytest.fixture
def where(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Empty places that the page looks in, on a machine without a data set."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("FER_CACHE", str(tmp_path_factory.getbasetemp() / "statistics"))
    monkeypatch.setattr("pages.compare_pictures.default_source", lambda: None)
    monkeypatch.delenv("FER_READ_ONLY", raising=False)
    return places()


@pytest.fixture
def recorded(where: Places, library: Path) -> Places:
    """A copy of the library in these places."""
    shutil.copytree(library / "models", where.shipped)
    shutil.copytree(library / "runs", where.own)
    return where


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without FER2013; the folder that data goes to."""
    folder = tmp_path / "data"
    for module in (store, dataset_found, dataset_import, dataset_jobs):
        monkeypatch.setattr(module, "STORE", folder)
    monkeypatch.setattr(dataset_review, "CORRECTIONS", folder / "corrections.csv")
    monkeypatch.delenv("FER_DATA", raising=False)
    streamlit.cache_data.clear()
    return folder


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], object]]:
    """What each download button of a page gives, by its label, asked for as Streamlit does: without the session."""
    found, show = {}, DeltaGenerator.download_button

    def noted(self: DeltaGenerator, label: str, data: object, *rest: object, **options: object) -> bool:
        def outside() -> object:
            with ThreadPoolExecutor(1) as another_thread:
                return another_thread.submit(data).result()

        found[label] = outside
        return show(self, label, data, *rest, **options)

    monkeypatch.setattr(DeltaGenerator, "download_button", noted)
    monkeypatch.setattr(streamlit, "download_button", streamlit._main.download_button)
    return found
