import errno
import io
import os
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import pages.predict_video
from fer_core.jobs import JobState, JobStore
from fer_core.prediction.card import FAST_CARD, SHIPPED_CARD
from pages.written import as_written
from tests.pages.videos import AnsweredVideo
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
    assert app.error[0].value == as_written("song.mp4: has no video track, only sound; give a file with pictures")


def test_a_name_with_marks_is_shown_as_it_is(app: AppTest, tmp_path: Path, astronaut: np.ndarray) -> None:
    job = AnsweredVideo(tmp_path, astronaut)
    job.messages = ["*my* [song].mp4: 1 damaged place was skipped"]
    app.session_state[pages.predict_video.STATE] = job
    app.run()
    assert not app.exception
    assert app.warning[0].value.startswith(r"\*my\* \[song\].mp4")


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
    assert app.error[1].value.startswith(as_written("song.mp4: has no video track"))
    assert len(list(pages.predict_video.store().root.glob("video-*"))) == 1


@pytest.mark.slow
def test_a_video_without_faces_says_so(app: AppTest, tmp_path: Path, astronaut) -> None:
    answer(app, write_clip(tmp_path / "sky.mp4", (frame[:120, :200] for frame in moving(astronaut, 5))))
    assert "No face was found" in app.warning[0].value


def test_a_video_can_be_stopped(app: AppTest, tmp_path: Path, astronaut) -> None:
    store = pages.predict_video.store()
    clip = write_clip(tmp_path / "walk.mp4", moving(astronaut, 50)).read_bytes()
    job = pages.predict_video.VideoJob(store, io.BytesIO(clip), "walk.mp4", fps=5, language="en", model=SHIPPED_CARD)
    job.stop()
    deadline = time.monotonic() + PATIENCE
    while not job.job.state.ended and time.monotonic() < deadline:
        time.sleep(0.1)
    assert job.job.state is JobState.STOPPED
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
    assert not job.store.folder(job.id).exists()


def test_in_the_public_demo_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_READ_ONLY", "1")
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["source"] = "video"
    at.run()
    assert not at.exception
    assert "public demo" in at.info[0].value
    assert len(at.info) == 1
    assert not at.file_uploader
    assert "Analyse this video" not in [button.label for button in at.button]
    assert "fer_core predict video.mp4 --fps 5" in at.code[0].value


def test_the_command_shown_is_the_one_that_is_started_without_the_machines_folders(app: AppTest) -> None:
    app.session_state["by"], app.session_state["lang"] = "fast", "ko"
    app.file_uploader(key="video").upload("walk.mp4", b"a video").run()
    assert not app.exception
    (command,) = [code.value for code in app.code]
    assert command.endswith(f"--model {os.path.relpath(SHIPPED_CARD.with_name(FAST_CARD))} --language ko")


@pytest.fixture
def answered(app: AppTest, tmp_path: Path, astronaut: np.ndarray) -> AppTest:
    app.session_state[pages.predict_video.STATE] = AnsweredVideo(tmp_path, astronaut)
    app.run()
    assert not app.exception
    return app


def test_the_result_says_which_video_it_is_of_and_how_it_was_answered(answered: AppTest) -> None:
    (told,) = [caption.value for caption in answered.caption if "walk.mp4" in caption.value]
    assert "5 frames a second" in told
    assert "All networks" in told
    same = answered.session_state[pages.predict_video.STATE].source.read_bytes()
    answered.file_uploader(key="video").upload("walk.mp4", same).run()
    assert not answered.info
    answered.file_uploader(key="video").set_value([])
    answered.file_uploader(key="video").upload("*other*.mp4", b"another").run()
    assert answered.info[0].value == r"\*other\*.mp4 is not analysed yet: below is the result of walk.mp4."


def test_what_was_analysed_can_be_analysed_again_after_its_upload_is_gone(answered: AppTest) -> None:
    first = answered.session_state[pages.predict_video.STATE]
    answered.segmented_control(key="video-fps").set_value(2).run()
    assert answered.button(key="video-start").label == "Analyse walk.mp4 again"
    assert "fer_core predict walk.mp4 --fps 2" in answered.code[0].value
    answered.button(key="video-start").click().run()
    assert not answered.exception
    job = answered.session_state[pages.predict_video.STATE]
    assert (job.name, job.fps, job.source.read_bytes()) == ("walk.mp4", 2, first.source.read_bytes())
    job.discard()


def opened(source: str, job: AnsweredVideo) -> AppTest:
    """The app in its first run with a video: `AppTest` runs nothing but the page afterwards."""
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["source"], at.session_state[pages.predict_video.STATE] = source, job
    at.run()
    assert not at.exception
    return at


def test_a_video_is_kept_while_its_person_looks_at_something_else(tmp_path: Path, astronaut: np.ndarray) -> None:
    job = AnsweredVideo(tmp_path, astronaut)
    job.id = "another"
    opened("sample", job)
    assert job.stays == 1


def test_a_video_that_was_deleted_in_the_meantime_is_told(tmp_path: Path, astronaut: np.ndarray) -> None:
    job = AnsweredVideo(tmp_path, astronaut)
    job.gone = True
    at = opened("video", job)
    assert "walk.mp4 and its result were deleted" in at.error[0].value
    assert pages.predict_video.STATE not in at.session_state
    at.run()
    assert not at.error


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        ((0, None, None), "Starting"),
        ((12.0, None, None), "12 s of it answered"),
        ((5.0, 20.0, 30.0), "25%, about 30 s"),
    ],
)
def test_while_a_video_is_answered_the_page_says_how_far_it_is(
    app: AppTest, tmp_path: Path, astronaut: np.ndarray, progress: tuple, text: str
) -> None:
    job = AnsweredVideo(tmp_path, astronaut)
    job.job, job.progress, job.waiting_behind = SimpleNamespace(state=JobState.RUNNING, stop_asked=False), progress, 0
    app.session_state[pages.predict_video.STATE] = job
    app.run()
    assert not app.exception
    bar = app.get("progress")[0].proto
    assert text in bar.text
    assert bar.value == (25 if progress[1] else 0)
