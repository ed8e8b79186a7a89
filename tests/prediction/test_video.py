import itertools
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.detection import Detection
from fer_core.prediction.errors import VideoError
from fer_core.prediction.video import VideoProgress, predict_video, seconds_of_frames
from fer_core.prediction.video_frames import VideoReader
from fer_core.prediction.video_writer import VideoWriter
from tests.prediction.clips import frame_at, gray, moving, sampled, write_clip, write_sound


def test_a_face_is_followed_through_the_video(predictor, clip):
    found = predict_video(clip, predictor, fps=5)
    table = found.table()

    assert (found.width, found.height, found.frames, found.error, found.notice) == (640, 480, 15, None, None)
    assert table["time"].tolist() == pytest.approx(np.arange(15) / 5, abs=0.01)
    assert set(table["face"]) == {1}
    assert table["x"].iloc[-1] - table["x"].iloc[0] == pytest.approx(4 * 28, abs=20)
    np.testing.assert_allclose(table[list(EMOTIONS)].sum(axis=1), 1, atol=1e-5)


def test_totals_are_the_time_that_each_emotion_was_shown(predictor, clip):
    found = predict_video(clip, predictor, fps=5)
    totals = found.totals()

    assert totals["emotion"].tolist() == list(EMOTIONS)
    assert totals["seconds"].sum() == pytest.approx(3.0)
    assert totals["share"].sum() == pytest.approx(1.0)
    told = found.to_json()
    assert told["faces"] == [{"face": 1, "seconds": 3.0}]
    assert told["emotions"] == {row.emotion: round(row.seconds, 3) for row in totals.itertuples()}


@pytest.mark.parametrize(("frames", "filmed_at", "asked_for"), [(6, 1, 5), (16, 8, 10), (20, 10, 5), (15, 15, 10)])
def test_the_time_of_a_video_with_few_frames_is_not_told_as_less(
    predictor, tmp_path, astronaut, frames, filmed_at, asked_for
):
    path = write_clip(tmp_path / "slow.mp4", itertools.repeat(frame_at(astronaut, 80), frames), fps=filmed_at)
    found = predict_video(path, predictor, fps=asked_for)

    seconds = pytest.approx(frames / filmed_at, abs=0.5 / asked_for)
    assert found.totals()["seconds"].sum() == seconds
    assert found.to_json()["faces"] == [{"face": 1, "seconds": seconds}]


def test_no_face_is_seen_for_longer_than_the_video(predictor, tmp_path, astronaut):
    path = write_clip(tmp_path / "short.mp4", itertools.repeat(frame_at(astronaut, 80), 15), fps=1)
    found = predict_video(path, predictor, fps=0.1)

    assert (found.frames, found.length) == (2, pytest.approx(15))
    assert found.totals()["seconds"].sum() == pytest.approx(15)
    assert found.to_json()["faces"] == [{"face": 1, "seconds": 15.0}]


def test_each_frame_stands_until_the_next_one_where_the_frame_rate_varies(predictor, tmp_path, astronaut):
    times = [*np.arange(20) / 10, *range(2, 8)]
    still = itertools.repeat(frame_at(astronaut, 80), len(times))
    found = predict_video(write_clip(tmp_path / "meeting.mp4", still, times=times, fps=1), predictor, fps=5)
    table = found.table()

    assert (found.frames, found.length) == (16, pytest.approx(8, abs=0.01))
    assert table["seconds"].tolist() == pytest.approx([0.2] * 10 + [1] * 6, abs=0.01)
    assert found.totals()["seconds"].sum() == pytest.approx(8, abs=0.01)
    assert found.to_json()["faces"] == [{"face": 1, "seconds": pytest.approx(8, abs=0.01)}]


@pytest.mark.parametrize("times", [range(0, 40, 10), [0, 0.2, 0.4, 0.6]], ids=["slides", "a still at the end"])
def test_a_last_frame_that_stands_long_is_counted_and_no_sign_of_a_broken_video(predictor, tmp_path, astronaut, times):
    still = itertools.repeat(frame_at(astronaut, 80), len(times))
    found = predict_video(write_clip(tmp_path / "slides.mp4", still, times=times, fps=Fraction(1, 10)), predictor)

    assert (found.length, found.notice) == (pytest.approx(times[-1] + 10), None)
    assert found.totals()["seconds"].sum() == pytest.approx(times[-1] + 10)


@pytest.mark.parametrize(
    ("times", "damaged", "seconds"),
    [
        ([0, 0.2, 0.4, 7.4, 7.5], [0, 0, 0, 0, 0], [0.2, 0.2, 7, 0.1]),
        ([0, 0.2, 0.4, 7.4, 7.5], [0, 0, 0, 1, 1], [0.2, 0.2, 0.2, 0.1]),
        ([0, 1, 2, np.inf], [0, 0, 0, 0], [1, 1, 1]),
        ([0, 1, 2, 9], [0, 0, 0, 1], [1, 1, 1]),
        ([0, 1, 2, 2.4], [0, 0, 0, 1], [1, 1, 0.4]),
        ([0, np.inf], [0, 0], [0.2]),
        ([np.inf], [0], []),
    ],
    ids=["a still", "a damaged place", "no known end", "cut off", "stopped before its end", "one frame", "none"],
)
def test_a_frame_stands_for_what_is_known_to_have_been_shown(times, damaged, seconds):
    assert seconds_of_frames(times, damaged, 5).tolist() == pytest.approx(seconds)


def test_all_faces_of_a_video_are_followed_however_many(tiny_card, tmp_path):
    boxes = [(8 + 60 * column, 8 + 60 * row, 40, 40) for row in range(4) for column in range(5)]
    detector = SimpleNamespace(name="centerface", detect=lambda image: [Detection(box, 0.9) for box in boxes])
    crowd = write_clip(tmp_path / "crowd.mp4", gray(3, (640, 480)))
    found = predict_video(crowd, Predictor(Ensemble.load(tiny_card), detector))

    assert found.table()["face"].nunique() == 20


def test_a_video_without_faces_has_an_empty_table(predictor, tmp_path):
    found = predict_video(write_clip(tmp_path / "gray.mp4", gray(10)), predictor)

    assert found.error is None
    assert found.table().empty
    assert found.totals()["seconds"].sum() == 0


def test_a_video_broken_in_the_middle_is_answered_as_far_as_it_goes(predictor, tmp_path, astronaut):
    path = write_clip(tmp_path / "broken.mkv", moving(astronaut, 60))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + len(content) // 8] = np.random.default_rng(0).bytes(len(content) // 8)
    path.write_bytes(content)
    found = predict_video(path, predictor, name="broken.mkv")

    assert found.error is None
    assert found.frames >= 10
    assert found.table()["face"].nunique() >= 1
    assert found.notice.startswith("broken.mkv: ")


def test_a_video_that_breaks_off_says_where(predictor, tmp_path, astronaut):
    whole = write_clip(tmp_path / "whole.mp4", moving(astronaut, 60))
    with (
        av.open(str(whole)) as source,
        av.open(str(tmp_path / "front.mp4"), "w", options={"movflags": "faststart"}) as target,
    ):
        copy = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    path = tmp_path / "cut.mp4"
    path.write_bytes((tmp_path / "front.mp4").read_bytes()[: int(whole.stat().st_size * 0.6)])
    found = predict_video(path, predictor, name="cut.mp4")

    assert found.error is None
    assert 5 <= found.frames < 28
    assert "cut.mp4: " in found.notice


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path, "no such file"),
        (lambda path: path.mkdir() or path, "not a file"),
        (lambda path: path.touch() or path, "the file is empty"),
        (lambda path: path.write_bytes(b"no video " * 999) and path, "not a video that can be read"),
        (write_sound, "has no video track, only sound"),
        (lambda path: path.with_name("a" * 300 + ".mp4"), "the file may not be read (File name too long)"),
    ],
    ids=["missing", "folder", "empty", "text", "sound", "long name"],
)
def test_what_is_no_video_is_told_in_a_sentence(predictor, tmp_path, make, sentence):
    found = predict_video(make(tmp_path / "bad.mp4"), predictor, name="bad.mp4")

    assert found.error.startswith(f"bad.mp4: {sentence}")
    assert found.table().empty


@pytest.mark.parametrize("name", ["none.mkv", "none.mp4"])
def test_a_video_without_frames_is_told_in_a_sentence(predictor, tmp_path, name):
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    found = predict_video(path, predictor, name=name)

    assert found.error.startswith(f"{name}: has no ")


def test_progress_and_the_time_left_are_told(predictor, clip):
    told: list[VideoProgress] = []
    predict_video(clip, predictor, on_progress=told.append)

    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert told[-1].total == pytest.approx(3.0, abs=0.2)
    assert told[-1].share == pytest.approx(0.93, abs=0.05)
    assert VideoProgress(done=1, total=4, elapsed=2).left == 6
    assert VideoProgress(done=1, total=None, elapsed=2).left is None


def test_what_was_answered_before_a_cancel_is_kept(predictor, clip, tmp_path):
    asked = itertools.count()
    copy = tmp_path / "copy.mp4"
    found = predict_video(clip, predictor, annotated=copy, cancelled=lambda: next(asked) >= 4)

    assert found.cancelled
    assert (found.frames, len(found.table()), found.notice) == (4, 4, None)
    assert len(sampled(copy, 10)) == 4


def test_the_annotated_copy_has_the_looked_at_frames_with_the_faces_drawn_in(predictor, clip, tmp_path):
    copy = tmp_path / "copy.mp4"
    predict_video(clip, predictor, fps=5, annotated=copy)

    with VideoReader(clip) as source, VideoReader(copy) as drawn:
        pairs = list(zip(source.frames(5), drawn.frames(5), strict=True))
        assert drawn.seconds == pytest.approx(3.0, abs=0.21)
    for plain, annotated in pairs:
        assert annotated.time == pytest.approx(plain.time, abs=0.01)
        difference = np.abs(plain.image.astype(int) - annotated.image)
        assert difference[:240].max() > 100
        assert difference[400:].mean() < 5


def test_frames_of_another_size_are_fitted_into_the_annotated_copy(predictor, tmp_path):
    parts = [write_clip(tmp_path / f"{size}.ts", gray(20, size)) for size in [(640, 480), (240, 480)]]
    joined = tmp_path / "joined.mpg"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    found = predict_video(joined, predictor, annotated=tmp_path / "copy.mp4")

    assert (found.width, found.height, found.frames) == (240, 480, 20)
    with VideoReader(tmp_path / "copy.mp4") as copy:
        first, last = copy.frame_at(0), copy.frame_at(3.8)
    assert first.shape == last.shape == (480, 640, 3)
    assert first.mean() == pytest.approx(90, abs=3)
    assert last[:, 200:440].mean() == pytest.approx(90, abs=3)
    assert max(last[:, :195].max(), last[:, 445:].max()) < 10


def test_faces_have_their_numbers_once_there_is_a_second_one(predictor, tmp_path, monkeypatch, astronaut):
    drawn = []
    monkeypatch.setattr(
        "fer_core.prediction.video.draw_faces",
        lambda frame, faces, *, numbered, **_: drawn.append(([face.track for face in faces], numbered)) or frame,
    )
    empty = np.full((480, 640, 3), 90, np.uint8)
    frames = [frame_at(astronaut, 0)] * 5 + [empty] * 50 + [frame_at(astronaut, 0)] * 5
    predict_video(write_clip(tmp_path / "two.mp4", frames), predictor, annotated=tmp_path / "copy.mp4")

    assert drawn[0] == ([1], False)
    assert drawn[-1] == ([2], True)


def test_a_copy_of_a_video_with_a_damaged_beginning_keeps_the_times(predictor, tmp_path):
    random = np.random.default_rng(0)
    noisy = (
        np.full((48, 64, 3), 6 * n, np.uint8) + random.integers(0, 5, (48, 64, 3), dtype=np.uint8) for n in range(40)
    )
    path = write_clip(tmp_path / "damaged.mkv", noisy)
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    for position, size in packets[:10]:  # up to the next key frame
        content[position + 20 : position + size] = bytes(size - 20)
    path.write_bytes(content)
    copy = tmp_path / "copy.mp4"
    found = predict_video(path, predictor, annotated=copy)
    assert (found.frames, found.seconds) == (15, pytest.approx(3.8, abs=0.01))
    for time in (1.0, 2.0, 3.8):
        with VideoReader(copy) as drawn:
            assert drawn.frame_at(time).mean() == pytest.approx(60 * time + 2, abs=3)
            assert drawn.seconds == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("fps", [0, -1, 61, float("nan")])
def test_an_impossible_rate_is_refused(predictor, clip, fps):
    with pytest.raises(ValueError, match=r"fps: expected 0\.01 to 60"):
        predict_video(clip, predictor, fps=fps)


def test_a_copy_that_cannot_be_written_is_told_and_leaves_nothing_behind(predictor, clip, tmp_path):
    with pytest.raises(VideoError, match="can't be written"):
        predict_video(clip, predictor, annotated=tmp_path / "no such folder" / "copy.mp4")


def test_the_copy_does_not_replace_the_video(predictor, clip):
    before = clip.read_bytes()
    with pytest.raises(VideoError, match="it is the video that is read"):
        predict_video(clip, predictor, annotated=clip.parent / ".." / clip.parent.name / clip.name)

    assert clip.read_bytes() == before


def test_a_copy_is_called_what_it_is(predictor, clip, tmp_path):
    with pytest.raises(VideoError, match=r"copy\.avi: can't be written \(it would be an MP4 file\)"):
        predict_video(clip, predictor, annotated=tmp_path / "copy.avi")


def test_a_copy_that_was_not_finished_is_not_left_behind(tmp_path):
    writer = VideoWriter(tmp_path / "copy.mp4", 5)
    writer.write(np.zeros((48, 64, 3), np.uint8), 0)
    error = RuntimeError()
    writer.__exit__(RuntimeError, error, None)

    assert list(tmp_path.iterdir()) == []
