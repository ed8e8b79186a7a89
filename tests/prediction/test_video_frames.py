import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from fer_core.opencv import cv2
from fer_core.prediction.video import predict_video
from fer_core.prediction.video_frames import LARGEST_SIDE, VideoReader
from fer_core.prediction.video_writer import VideoWriter
from tests.prediction.clips import frame_at, gray, sampled, turn_by_metadata, write_clip, write_with_longer_sound


@pytest.mark.parametrize(("fps", "frames"), [(1, 3), (2.5, 8), (5, 15), (10, 30), (30, 30)])
def test_so_many_frames_a_second_are_looked_at_as_were_asked_for(clip, fps, frames):
    assert len(sampled(clip, fps)) == frames


def test_with_a_variable_frame_rate_the_time_stamps_count(tmp_path):
    times = [0, 0.05, 0.1, 0.9, 1.0, 1.1, 3.0, 3.5, 7.2]
    path = write_clip(tmp_path / "variable.mp4", gray(len(times)), times=times)

    assert sampled(path, 1) == pytest.approx([0, 1.0, 3.0, 7.2], abs=0.01)


@pytest.mark.parametrize("times", [[*np.arange(20) / 10, *range(2, 8)], range(0, 40, 5)], ids=["meeting", "slides"])
def test_no_frame_is_lost_where_a_matroska_file_does_not_say_when_it_starts(tmp_path, times):
    shades = [np.full((48, 64, 3), 8 * number, np.uint8) for number in range(len(times))]
    path = write_clip(tmp_path / "late.mkv", shades, times=np.array(times) + 100, fps=1)

    assert sampled(path, 60) == pytest.approx(list(times), abs=0.01)
    with VideoReader(path) as reader:
        assert reader.frame_at(times[-2]).mean() == pytest.approx(8 * (len(times) - 2), abs=3)
    with VideoReader(path) as reader:
        assert len(list(reader.frames(60))) == len(times)
        assert (reader.seconds, reader.notice()) == (pytest.approx(reader.until), None)


@pytest.mark.parametrize("kind", ["mkv", "mp4", "ts"])
def test_the_length_of_a_video_whose_time_stamps_begin_late_is_that_from_its_first_frame(tmp_path, kind):
    path = write_clip(tmp_path / f"late.{kind}", gray(20), times=np.arange(20) / 10 + 100, fps=10)
    with VideoReader(path) as reader:
        assert len(list(reader.frames(10))) == 20
        assert (reader.seconds, reader.notice()) == (pytest.approx(2, abs=0.11), None)


def test_the_time_goes_on_where_the_time_stamps_begin_anew(tmp_path):
    part = write_clip(tmp_path / "part.ts", gray(30))
    joined = tmp_path / "joined.mpg"
    joined.write_bytes(2 * part.read_bytes())

    assert sampled(joined, 5) == pytest.approx(np.arange(30) / 5, abs=0.11)


def test_sound_that_is_longer_than_the_pictures_is_no_sign_of_a_broken_video(tmp_path):
    with VideoReader(write_with_longer_sound(tmp_path / "song.mkv", seconds=2, sound=6)) as reader:
        assert len(list(reader.frames(5))) == 10
        assert (reader.seconds, reader.notice()) == (pytest.approx(2), None)


def test_a_name_with_a_colon_is_no_protocol(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = Path("2024-05-01T12:30:00.mp4")
    with VideoWriter(name, 5) as writer:
        for slot, frame in enumerate(gray(3)):
            writer.write(frame, slot)

    assert len(sampled(name, 5)) == 3


def test_a_video_that_is_turned_by_its_metadata_is_looked_at_upright(predictor, tmp_path, astronaut):
    lying = np.rot90(frame_at(astronaut, 80))
    path = turn_by_metadata(write_clip(tmp_path / "phone.mp4", itertools.repeat(np.ascontiguousarray(lying), 5)))
    found = predict_video(path, predictor, annotated=tmp_path / "upright.mp4")

    assert (found.width, found.height) == (640, 480)
    assert set(found.table()["face"]) == {1}
    with VideoReader(tmp_path / "upright.mp4") as copy:
        assert next(copy.frames(1)).image.shape == (480, 640, 3)


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
        ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
        ((0, -1, 1, 0), np.rot90),
        ((0, 1, 1, 0), lambda image: np.swapaxes(image, 0, 1)),
        ((0, -1, -1, 0), lambda image: np.rot90(np.swapaxes(image, 0, 1), 2)),
    ],
    ids=["left to right", "upside down", "180", "90", "270", "diagonal", "other diagonal"],
)
def test_a_video_that_is_mirrored_or_turned_by_its_metadata_is_shown_so(tmp_path, turn, shown):
    corner = np.full((48, 64, 3), 20, np.uint8)
    corner[:16, :32] = 200
    path = turn_by_metadata(write_clip(tmp_path / "selfie.mp4", [corner]), turn)

    with VideoReader(path) as reader:
        image = reader.frame_at(0)
    assert image.shape == shown(corner).shape
    assert np.abs(image.astype(int) - shown(corner)).mean() < 5


def test_a_video_with_pixels_that_are_not_square_is_looked_at_as_it_is_shown(predictor, tmp_path, astronaut):
    squeezed = cv2.resize(frame_at(astronaut, 80), (480, 480))
    path = write_clip(tmp_path / "tape.mp4", itertools.repeat(squeezed, 5), pixel=Fraction(4, 3))
    found = predict_video(path, predictor, annotated=tmp_path / "copy.mp4")
    plain = write_clip(tmp_path / "plain.mp4", itertools.repeat(frame_at(astronaut, 80), 5))
    straight = predict_video(plain, predictor)

    assert (found.width, found.height) == (640, 480)
    box = ["x", "y", "width", "height"]
    np.testing.assert_allclose(found.table()[box], straight.table()[box], atol=8)
    with VideoReader(tmp_path / "copy.mp4") as copy:
        assert next(copy.frames(1)).image.shape == (480, 640, 3)
    with VideoReader(path) as reader:
        assert (reader.width, reader.height) == (640, 480)


def test_a_video_with_a_palette_is_looked_at(tmp_path):
    path, colours = tmp_path / "palette.mov", np.full((256, 4), 255, np.uint8)
    colours[1, 1:] = 200, 100, 50
    picture = av.VideoFrame.from_ndarray((np.ones((48, 64), np.uint8), colours), format="pal8")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "pal8"
        container.mux([*stream.encode(picture), *stream.encode(None)])

    with VideoReader(path) as reader:
        assert next(reader.frames(10)).image[0, 0].tolist() == [200, 100, 50]


def test_a_title_in_another_encoding_is_no_reason_to_refuse_a_video(tmp_path):
    path = write_clip(tmp_path / "old.avi", gray(5), codec="mpeg4", title="XXXX")
    content = path.read_bytes()
    assert content.count(b"XXXX") == 1
    path.write_bytes(content.replace(b"XXXX", "가나".encode("cp949")))

    assert len(sampled(path, 10)) == 5


def test_a_large_video_is_reduced_while_it_is_decoded_and_told_in_its_own_pixels(predictor, tmp_path, astronaut):
    path = write_clip(tmp_path / "large.mp4", itertools.repeat(frame_at(astronaut, 800, (3840, 2160)), 3))
    with VideoReader(path) as reader:
        assert max(next(reader.frames(5)).image.shape) == LARGEST_SIDE
    found = predict_video(path, predictor)

    assert (found.width, found.height) == (3840, 2160)
    assert found.table()["width"].iloc[0] == pytest.approx(89 / 512 * 2160, rel=0.2)


def test_one_frame_can_be_looked_up_by_its_time(clip):
    with VideoReader(clip) as reader:
        frames = {frame.time: frame.image for frame in reader.frames(10)}
    for time in (0.0, 1.5, 2.9):
        with VideoReader(clip) as reader:
            shown = reader.frame_at(time)
        nearest = min(frames, key=lambda found: abs(found - time))
        np.testing.assert_array_equal(shown, frames[nearest])
