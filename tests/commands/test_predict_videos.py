import builtins
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from fer_core.commands.predict import predict
from fer_core.interrupt import stop_asked
from fer_core.prediction.batch import annotated_files
from fer_core.prediction.video_frames import VideoReader
from tests.prediction.clips import frame_at, moving, write_clip, write_sound

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, astronaut) -> Path:
    """Two videos and a picture."""
    folder = tmp_path_factory.mktemp("holiday")
    write_clip(folder / "one.mp4", moving(astronaut, 20))
    write_clip(folder / "two.mkv", moving(astronaut, 10))
    Image.fromarray(astronaut).save(folder / "astronaut.png")
    return folder


@pytest.fixture
def run(tiny_card, monkeypatch):
    monkeypatch.delenv("FER_YUNET", raising=False)
    app = typer.Typer()
    app.command()(predict)
    return lambda *words: CliRunner().invoke(app, [*map(str, words), "--model", str(tiny_card)])


def test_a_video_gives_a_table_and_an_annotated_copy(run, folder, tmp_path):
    csv, copy = tmp_path / "emotions.csv", tmp_path / "copy.mp4"
    answer = run(folder / "one.mp4", "--csv", csv, "--annotated", copy, "--fps", "10")

    assert answer.exit_code == 0, answer.stderr
    assert "one.mp4  640x480  20 frames, 2.0 s\n  1 face, seen for 2.0 s in all\n" in answer.stdout
    table = pd.read_csv(csv)
    assert table["seconds"].tolist() == pytest.approx([0.1] * 20, abs=0.01)
    assert table["time"].tolist() == pytest.approx([step / 10 for step in range(20)], abs=0.01)
    assert set(table["face"]) == {1}
    with VideoReader(copy) as reader:
        assert len(list(reader.frames(10))) == 20


def test_json_has_the_videos_beside_the_pictures(run, folder):
    answer = run(folder, "--json")

    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    assert [Path(image["path"]).name for image in told["images"]] == ["astronaut.png"]
    assert [Path(video["path"]).name for video in told["videos"]] == ["one.mp4", "two.mkv"]
    assert [video["frames"] for video in told["videos"]] == [10, 5]
    assert [face["face"] for face in told["videos"][0]["faces"]] == [1]


def test_pictures_alone_have_the_json_that_they_had(run, folder):
    assert json.loads(run(folder / "astronaut.png", "--json").stdout).keys() == {"images"}


def test_several_jobs_answer_the_same_in_the_same_order(run, folder, tmp_path):
    tables = []
    for jobs in (1, 2):
        csv = tmp_path / f"{jobs}.csv"
        assert run(folder, "--csv", csv, "--annotated", tmp_path / str(jobs), "--jobs", jobs).exit_code == 0
        tables.append(pd.read_csv(csv))
    pd.testing.assert_frame_equal(*tables, atol=1e-4)
    assert sorted(path.name for path in (tmp_path / "2").iterdir()) == ["one.mp4", "two.mp4"]
    assert tables[0]["file"].map(lambda name: Path(name).name).unique().tolist() == [
        "one.mp4",
        "two.mkv",
        "astronaut.png",
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_messages_are_in_the_language_that_is_asked_for(run, tmp_path, jobs, monkeypatch):
    monkeypatch.setattr("fer_core.words._language", lambda: "en")
    missing = [tmp_path / "a.mp4", tmp_path / "b.jpg"]
    answer = run(*missing, "--json", "--language", "ko", "--jobs", jobs)

    told = [item["error"] for kind in json.loads(answer.stdout).values() for item in kind]
    assert sorted(told) == [f"{file}: 그런 파일이 없습니다" for file in missing]


def test_a_bad_video_is_told_and_the_others_are_answered(run, folder, tmp_path):
    song = write_sound(tmp_path / "song.mp4")
    answer = run(song, folder / "two.mkv", "--json")

    assert answer.exit_code == 1
    assert answer.stderr == f"{song}: has no video track, only sound; give a file with pictures\n"
    assert [bool(video["error"]) for video in json.loads(answer.stdout)["videos"]] == [True, False]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["one.mp4", "two.mkv", "--annotated", "copy.mp4"], "is one file for 2 videos; name a folder"),
        (["astronaut.png", "--annotated", "copy.mp4"], "there is no video among the files"),
        (["one.mp4", "--annotated", "one.mp4"], "one.mp4 is one of the files to be answered; name another place"),
        (["one.mp4", "--annotated", "nowhere/copy.mp4"], "can't be written (there is no folder nowhere)"),
        (["one.mp4", "two.mkv", "--annotated", "/dev/null/copies"], "/dev/null/copies can't be written"),
        (["one.mp4", "--csv", "nowhere/table.csv"], "can't be written (there is no folder nowhere)"),
        (["one.mp4", "--csv", "."], "can't be written (it is a folder)"),
        (["one.mp4", "--fps", "0"], "fps: expected 0.01 to 60"),
        (["one.mp4", "--jobs", "0"], "--jobs: expected 1 or more"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(run, folder, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    answer = run(*(folder / word if (folder / word).exists() else word for word in words))

    assert answer.exit_code == 2
    assert sentence in answer.stderr


def test_no_copy_replaces_a_video_or_another_copy(run, folder, tmp_path):
    before = (folder / "one.mp4").read_bytes()
    answer = run(folder, "--annotated", folder)
    assert answer.exit_code == 2
    assert "one.mp4 is one of the files to be answered" in answer.stderr
    assert (folder / "one.mp4").read_bytes() == before

    videos = [Path("x/a.mp4"), Path("y/a.mkv"), Path("z/a-2.mp4")]
    copies = annotated_files(videos, tmp_path / "copies")
    assert [copies[video].name for video in videos] == ["a.mp4", "a-2.mp4", "a-2-2.mp4"]


def test_a_copy_that_cannot_be_written_loses_no_other_answer(run, folder, tmp_path):
    (tmp_path / "one.mp4.part").mkdir()
    answer = run(folder, "--annotated", tmp_path, "--json")

    assert answer.exit_code == 1
    assert f"{tmp_path / 'one.mp4'}: can't be written" in answer.stderr
    assert [bool(video["error"]) for video in json.loads(answer.stdout)["videos"]] == [True, False]


def test_whole_is_said_to_be_for_pictures(run, folder):
    answer = run(folder, "--whole", "--json")

    assert answer.exit_code == 0
    assert answer.stderr == "--whole: is for pictures; in videos faces are looked for all the same\n"
    assert "--whole" not in run(folder / "astronaut.png", "--whole").stderr


def test_a_copy_under_the_name_of_another_format_is_told(run, folder, tmp_path):
    answer = run(folder / "two.mkv", "--annotated", tmp_path / "copy.avi")

    assert answer.exit_code == 1
    assert "copy.avi: can't be written (it would be an MP4 file); choose a name that ends with .mp4" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_ray_its_backend_is_told_how_to_get(run, folder, monkeypatch):
    imported = builtins.__import__

    def without_ray(name, *rest):
        if name.partition(".")[0] == "ray":
            raise ImportError("No module named 'ray'")
        return imported(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_ray)
    answer = run(folder / "astronaut.png", "--backend", "ray")

    assert answer.exit_code == 2
    assert "pip install -r requirements-ray.txt" in answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_command_of_several_jobs_keeps_what_was_answered(tiny_card, folder, tmp_path, number):
    csv, told = tmp_path / "emotions.csv", tmp_path / "told.txt"
    command = [sys.executable, "-m", "fer_core", "predict", *[folder / "two.mkv"] * 400, "--csv", csv, "--jobs", "2"]
    with told.open("w") as output:
        process = subprocess.Popen(
            [*map(str, command), "--model", str(tiny_card)],
            cwd=ROOT,
            env={"PATH": "", "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while "two.mkv" not in told.read_text():
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, number)  # as a terminal does: its workers get it too
        process.wait(timeout=90)

    assert process.returncode == 1
    assert "stopped: " in told.read_text()
    assert "Traceback" not in told.read_text()
    assert 0 < pd.read_csv(csv)["time"].eq(0).sum() < 400


@pytest.mark.slow
def test_a_stop_reaches_the_videos_that_several_jobs_are_at(tiny_card, tmp_path, astronaut):
    still = list(itertools.repeat(frame_at(astronaut, 0, (320, 240)), 1500))
    clips = [write_clip(tmp_path / name, still, fps=5) for name in ("a.mp4", "b.mp4")]
    csv, copies, told = tmp_path / "emotions.csv", tmp_path / "copies", tmp_path / "told.txt"
    command = [sys.executable, "-m", "fer_core", "predict", *clips, "--csv", csv, "--annotated", copies, "--jobs", "2"]
    with told.open("w") as output:
        process = subprocess.Popen(
            [*map(str, command), "--model", str(tiny_card)],
            cwd=ROOT,
            env={"PATH": ""},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while len(list(copies.glob("*.part"))) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=90)

    assert process.returncode == 1
    assert told.read_text().count("stopped before its end") == 2
    assert "stopped: 2 of 2 files were begun" in told.read_text()
    assert "Traceback" not in told.read_text()
    assert len(pd.read_csv(csv)) < 1500


def test_the_second_signal_ends_by_force():
    with stop_asked() as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGINT)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_several_jobs_tell_each_file_that_is_done(run, folder):
    answer = run(folder, "--json", "--jobs", "2")

    assert answer.exit_code == 0
    names = ("astronaut.png", "one.mp4", "two.mkv")
    assert answer.stderr.splitlines() == [f"{done} of 3: {folder / name}" for done, name in enumerate(names, start=1)]
    assert len(json.loads(answer.stdout)["videos"]) == 2


def test_a_stopped_command_keeps_what_was_answered(tiny_card, tmp_path, astronaut):
    still = itertools.repeat(frame_at(astronaut, 0, (320, 240)), 400)
    clip = write_clip(tmp_path / "long.mp4", still, fps=5)
    csv, copy = tmp_path / "emotions.csv", tmp_path / "copy.mp4"
    progress = tmp_path / "progress.json"
    command = [sys.executable, "-m", "fer_core", "predict", clip, "--csv", csv, "--annotated", copy]
    process = subprocess.Popen(
        [*map(str, command), "--model", str(tiny_card)],
        cwd=ROOT,
        env={"FER_PROGRESS": str(progress), "PATH": ""},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not progress.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=90)

    assert process.returncode == 1
    assert "stopped: " in told
    assert 0 < len(pd.read_csv(csv)) < 400
    assert copy.exists()
