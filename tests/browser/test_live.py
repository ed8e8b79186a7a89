"""The live page in a browser whose camera shows a moving photograph; nothing leaves this machine."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, TimeoutError, expect

from fer_core.opencv import cv2
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.prediction.clips import frame_at

WIDTH, HEIGHT, FPS = 640, 480, 15
CAMERA = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
LOCAL = "--disable-features=WebRtcHideLocalIpsWithMdns"
PATIENCE = 120_000


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, astronaut: np.ndarray) -> Path:
    """Two seconds of a moving face as a y4m file, which Chromium plays again and again."""
    path = tmp_path_factory.mktemp("camera") / "astronaut.y4m"
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(2 * FPS):
            shift = round(80 + 40 * math.sin(math.pi * number / FPS))
            frame = frame_at(astronaut, shift, (WIDTH, HEIGHT))
            file.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


def downloaded(page: Page, button: str) -> Path:
    """The file behind a button; clicked again where the page was just drawn anew, which takes it from under a click."""
    for _attempt in range(6):
        try:
            with page.expect_download(timeout=PATIENCE / 12) as download:
                page.get_by_role("button", name=button).click()
            return Path(download.value.path())
        except TimeoutError:
            continue
    raise AssertionError(f"{button}: no file came")


@pytest.fixture(scope="module")
def started_with(browser: Browser) -> Iterator[Callable[..., Browser]]:
    """`started_with(*flags)` gives a Chromium, the same for the same flags."""
    started: dict[tuple[str, ...], Browser] = {}

    def start(*flags: str) -> Browser:
        if flags not in started:
            args = [*FLAGS, LOCAL, *flags]
            started[flags] = browser.browser_type.launch(executable_path=CHROMIUM, args=args)
        return started[flags]

    yield start
    for chromium in started.values():
        chromium.close()


@pytest.fixture
def open_with(started_with: Callable[..., Browser]) -> Iterator[Callable[..., Page]]:
    """`open_with(*flags)` gives a fresh page of a Chromium with these flags."""
    opened = []

    def start(*flags: str) -> Page:
        opened.append(started_with(*flags).new_context(viewport={"width": 1400, "height": 1000}))
        page = opened[-1].new_page()
        page.set_default_timeout(PATIENCE)
        return page

    yield start
    for context in opened:
        context.close()


def open_live(page: Page, dashboard: str) -> FrameLocator:
    page.goto(dashboard)
    page.get_by_text("Live", exact=True).click()
    return page.frame_locator("iframe[title*='webrtc']")


def metric(page: Page, label: str) -> float:
    box = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
    return float(box.get_by_test_id("stMetricValue").inner_text().split()[0].replace(",", "").replace("–", "nan"))


def colours(stream: FrameLocator) -> list[list[int]]:
    """Of the shown video: each pixel of every fourth row and column, as the browser decoded it."""
    return stream.locator("video").evaluate(
        """video => {
            const canvas = document.createElement("canvas");
            canvas.width = video.videoWidth / 4; canvas.height = video.videoHeight / 4;
            const context = canvas.getContext("2d");
            context.drawImage(video, 0, 0, canvas.width, canvas.height);
            const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
            return Array.from({length: data.length / 4}, (_, at) => Array.from(data.slice(4 * at, 4 * at + 3)));
        }"""
    )


def near(pixels: list[list[int]], colour: str) -> int:
    """How many pixels are about that colour."""
    return int((np.abs(np.array(pixels) - list(bytes.fromhex(colour.removeprefix("#")))).max(axis=1) < 40).sum())


def test_frames_come_back_annotated_and_the_page_tells_the_rate(
    dashboard: str,
    recording: Path,
    astronaut: np.ndarray,
    open_with: Callable[..., Page],
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    page = open_with(CAMERA, ALLOWED, f"--use-file-for-fake-video-capture={recording}")
    stream = open_live(page, dashboard)
    stream.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Happy")).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("() => [...document.querySelectorAll('[data-testid=stMetricValue]')].length === 4")
    stream.locator("video").evaluate(
        "video => new Promise(done => { const look = () => video.currentTime > 3 ? done() : setTimeout(look, 100);"
        " look(); })"
    )

    shown = colours(stream)
    assert len(shown) == WIDTH * HEIGHT // 16
    plain = cv2.resize(frame_at(astronaut, 80, (WIDTH, HEIGHT)), (WIDTH // 4, HEIGHT // 4)).reshape(-1, 3)
    assert near(shown, "#E69F00") > near(plain.tolist(), "#E69F00") + 50, "the box of a happy face"
    rate, delay = metric(page, "Frames a second"), metric(page, "Delay")
    record_testsuite_property("frames_a_second", rate)
    record_testsuite_property("delay_ms", delay)
    assert rate > 0
    assert delay > 0

    member = page.get_by_text(EnsembleCard.read(SHIPPED_CARD).titles[-1].replace("_", " "), exact=True)
    page.get_by_text("Where they look").click()
    expect(member).to_be_visible(timeout=PATIENCE)
    page.get_by_text("Where they look").click()
    expect(member).to_be_hidden(timeout=PATIENCE)

    with page.expect_download() as download:
        page.get_by_role("button", name="Session (CSV)").click()
    assert Path(download.value.path()).read_text().startswith("time,face,x,y,width,height,")
    with page.expect_download() as download:
        page.get_by_role("button", name="Snapshot (PNG)").click()
    assert cv2.imread(str(download.value.path())).shape == (HEIGHT, WIDTH, 3)
    stream.get_by_role("button", name="Stop").click()
    expect(stream.get_by_role("button", name="Start")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("–")
    table = downloaded(page, "Session (CSV)")
    assert len(table.read_text().splitlines()) > 1, "the session that was stopped"


def test_a_camera_that_stops_in_the_middle_is_told_and_a_snapshot_asked_for(
    dashboard: str, recording: Path, open_with: Callable[..., Page]
) -> None:
    page = open_with(CAMERA, ALLOWED, f"--use-file-for-fake-video-capture={recording}")
    page.add_init_script(
        """
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async wanted => (window.given = await ask(wanted));
        """
    )
    stream = open_live(page, dashboard)
    stream.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Happy")).to_be_visible(timeout=PATIENCE)
    stream.locator("video").evaluate("() => window.given.getTracks().forEach(track => track.stop())")
    expect(page.get_by_text("The camera stopped in the middle of the stream.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stCameraInput")).to_be_visible()
    expect(page.get_by_role("button", name="Session (CSV)")).to_be_visible()


@pytest.mark.parametrize(
    ("script", "told", "way_on"),
    [
        (
            "navigator.mediaDevices.getUserMedia = async () => {"
            " throw new DOMException('taken', 'NotReadableError'); };",
            "The camera is there but does not start.",
            "stFileUploader",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => {"
            " throw new DOMException('dismissed', 'NotAllowedError'); };",
            "The browser may not use the camera here.",
            "stFileUploader",
        ),
        (
            "const Real = RTCPeerConnection; window.RTCPeerConnection = class extends Real {"
            " constructor(given) { super({...given, iceTransportPolicy: 'relay'}); } };",
            "The video connection did not come about.",
            "stCameraInput",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream(0);",
            "The connection stands, but no picture arrives.",
            "stCameraInput",
        ),
    ],
    ids=["taken by another program", "question dismissed", "no way between browser and server", "no frames"],
)
def test_what_goes_wrong_at_the_start_is_told_apart(
    dashboard: str, recording: Path, open_with: Callable[..., Page], script: str, told: str, way_on: str
) -> None:
    page = open_with(CAMERA, ALLOWED, f"--use-file-for-fake-video-capture={recording}")
    page.add_init_script(script)
    stream = open_live(page, dashboard)
    expect(page.get_by_text("Press Start and allow the camera.")).to_be_visible()
    stream.get_by_role("button", name="Start").click()
    expect(page.get_by_text(told)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id(way_on)).to_be_visible()


def test_a_refused_camera_is_told_and_a_photo_asked_for(dashboard: str, open_with: Callable[..., Page]) -> None:
    page = open_with(CAMERA)
    page.add_init_script(
        "navigator.permissions.query = async () => ({state: 'denied', addEventListener() {}, onchange: null});"
    )
    open_live(page, dashboard)
    expect(page.get_by_text("The browser may not use the camera here.")).to_be_visible()
    expect(page.get_by_text("Click the camera or lock symbol")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(1)


def test_a_machine_without_a_camera_is_told_and_a_photo_asked_for(
    dashboard: str, open_with: Callable[..., Page]
) -> None:
    page = open_with()
    open_live(page, dashboard)
    expect(page.get_by_text("No camera was found.")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(1)


def test_an_insecure_address_is_told(dashboard: str, open_with: Callable[..., Page]) -> None:
    page = open_with(CAMERA, ALLOWED, "--host-resolver-rules=MAP faces.example 127.0.0.1")
    open_live(page, dashboard.replace("127.0.0.1", "faces.example"))
    expect(page.get_by_text("This address is not secure")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(1)
