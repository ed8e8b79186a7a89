import errno
import io
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import pages.predict_video
from fer_core.jobs import JobState, JobStore
from fer_core.prediction.card import SHIPPED_CARD
from tests.prediction.clips import moving, write_clip, write_sound

REPOSITORY = Path(__file__).parents[2]
APP = str(REPOSITORY / "streamlit_app.py")
PATIENCE = 90


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    queue = JobStore(tmp_path / "queue")
    queue.root.mkdir()
    monkeypatch.setattr(pages.predict_video, "store", lambda: queue)
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["source"] = "video"
    at.run()
    assert not at.exception
    return at


def answer(at: AppTest, video: Path) -> None:
    """Hand in a video and wait for its end."""
    at.file_uploader(key="video").upload(video.name, video.read_bytes())
    at.run()
    next(button for button in at.button if button.label == "Analyse this video").click().run()
    assert not at.exception
    job = at.session_state[pages.predict_video.STATE]
    deadline = time.monotonic() + PATIENCE
    while not job.job.state.ended and time.monotonic() < deadline:
        time.sleep(0.1)
    at.run()
    assert not at.exception


def test_an_empty_page_asks_for_a_video(app: AppTest) -> None:
    assert "Upload a video" in app.info[0].value
    assert next(button for button in app.button if button.label == "Analyse this video").disabled


@pytest.mark.slow
def test_a_video_is_answered_with_its_course_totals_and_downloads(app: AppTest, tmp_path: Path, astronaut) -> None:
    answer(app, write_clip(tmp_path / "walk.mp4", moving(astronaut, 20)))
    assert any(element.value.startswith("## ") for element in app.markdown)
    assert len(app.get("plotly_chart")) == 3
    assert [button.label for button in app.get("download_button")] == ["Table (CSV)", "Video (MP4)"]
    job = app.session_state[pages.predict_video.STATE]
    assert job.table["time"].tolist() == pytest.approx([step / 5 for step in range(10)], abs=0.01)
    folder = job.source.parent
    assert job.annotated.exists()
    job.discard()
    assert not folder.exists()


def test_a_file_without_pictures_is_a_sentence_with_its_own_name(app: AppTest, tmp_path: Path) -> None:
    answer(app, write_sound(tmp_path / "song.mp4"))
    assert app.error[0].value == "song.mp4: has no video track, only sound; give a file with pictures"


@pytest.mark.slow
def test_a_video_that_cannot_be_kept_is_told_and_the_one_before_stays(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(app, write_sound(tmp_path / "song.mp4"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fer_core.prediction.video_job.shutil.copyfileobj", full)
    next(button for button in app.button if button.label == "Analyse this video").click().run()
    assert not app.exception
    assert "song.mp4 can't be kept on this machine" in app.error[0].value
    assert "No space left" in app.error[0].value
    assert app.error[1].value.startswith("song.mp4: has no video track")
    assert len(list(pages.predict_video.store().root.glob("video-*"))) == 1


@pytest.mark.slow
def test_a_video_without_faces_says_so(app: AppTest, tmp_path: Path, astronaut) -> None:
    answer(app, write_clip(tmp_path / "sky.mp4", (frame[:120, :200] for frame in moving(astronaut, 5))))
    assert "No face was found" in app.warning[0].value


def test_a_video_can_be_stopped(app: AppTest, tmp_path: Path, astronaut) -> None:
    store = pages.predict_video.store()
    clip = write_clip(tmp_path / "walk.mp4", moving(astronaut, 5)).read_bytes()
    job = pages.predict_video.VideoJob(store, io.BytesIO(clip), "walk.mp4", fps=5, language="en", model=SHIPPED_CARD)
    job.stop()
    deadline = time.monotonic() + PATIENCE
    while not job.job.state.ended and time.monotonic() < deadline:
        time.sleep(0.1)
    assert job.job.state in (JobState.STOPPED, JobState.FINISHED)
    app.session_state[pages.predict_video.STATE] = job
    app.run()
    assert not app.exception


def test_when_the_person_has_left_nothing_is_kept(app: AppTest, tmp_path: Path, astronaut) -> None:
    clip = io.BytesIO(write_clip(tmp_path / "walk.mp4", moving(astronaut, 5)).read_bytes())
    job = pages.predict_video.VideoJob(
        pages.predict_video.store(), clip, "walk.mp4", fps=5, language="en", model=SHIPPED_CARD
    )
    folder = job.source.parent
    job.leave(grace_seconds=3600)
    job.stay()
    assert folder.exists()
    job.leave(grace_seconds=0)
    job._timer.join(PATIENCE)
    assert not folder.exists()
    deadline = time.monotonic() + PATIENCE
    while any(not left.state.ended for left in job.store.all()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert all(left.state.ended for left in job.store.all())


def test_in_the_public_demo_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_READ_ONLY", "1")
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["source"] = "video"
    at.run()
    assert not at.exception
    assert "public demo" in at.info[0].value
    assert at.button[0].disabled
