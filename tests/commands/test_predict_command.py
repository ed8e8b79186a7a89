import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from fer_core.commands.predict import predict
from fer_core.emotions import EMOTIONS
from fer_core.prediction import Ensemble

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tiny_card, monkeypatch):
    """Call the command with the tiny ensemble."""
    monkeypatch.delenv("FER_YUNET", raising=False)
    app = typer.Typer()
    app.command()(predict)

    def call(*arguments, model=tiny_card):
        return CliRunner().invoke(app, [*map(str, arguments), "--model", str(model)])

    return call


@pytest.fixture
def photo(tmp_path, astronaut):
    path = tmp_path / "photos" / "astronaut.png"
    path.parent.mkdir()
    Image.fromarray(astronaut).save(path)
    return path


def test_json_follows_the_contract(run, photo):
    answer = run(photo, "--json")

    assert answer.exit_code == 0
    (image,) = json.loads(answer.stdout)["images"]
    assert image.keys() == {"path", "width", "height", "error", "faces"}
    assert (image["path"], image["width"], image["height"], image["error"]) == (str(photo), 512, 512, None)
    (face,) = image["faces"]
    assert face.keys() == {"box", "score", "emotion", "top2", "certain", "probabilities"}
    assert all(isinstance(length, int) for length in face["box"])
    assert len(face["box"]) == 4
    assert 0 < face["score"] <= 1
    assert list(face["probabilities"]) == list(EMOTIONS)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert face["top2"] == sorted(EMOTIONS, key=face["probabilities"].get, reverse=True)[:2]
    assert face["emotion"] == face["top2"][0]
    assert isinstance(face["certain"], bool)


def test_whole_answers_for_a_face_sized_picture(run, tmp_path, faces, tiny_card):
    path = tmp_path / "face.png"
    Image.fromarray(faces[0]).save(path)

    (face,) = json.loads(run(path, "--whole", "--json").stdout)["images"][0]["faces"]

    assert face["box"] == [0, 0, 48, 48]
    expected = Ensemble.load(tiny_card).probabilities(faces[:1])[0]
    np.testing.assert_allclose(list(face["probabilities"].values()), expected, atol=1e-5)


def test_what_cannot_be_read_is_told_and_the_rest_is_answered(run, photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff")
    missing = tmp_path / "missing.jpg"

    answer = run(broken, photo, missing, "--json")

    assert answer.exit_code == 1
    images = json.loads(answer.stdout)["images"]
    assert [bool(image["error"]) for image in images] == [True, False, True]
    assert [len(image["faces"]) for image in images] == [0, 1, 0]
    assert [(image["width"], image["height"]) for image in images] == [(None, None), (512, 512), (None, None)]
    assert answer.stderr.splitlines() == [images[0]["error"], images[2]["error"]]
    assert "missing.jpg: no such file" in answer.stderr


def test_folders_are_searched_through_in_order(run, photo):
    (photo.parent / "deep").mkdir()
    (photo.parent / "notes.txt").write_text("not a picture, and not asked for")
    Image.new("RGB", (9, 9)).save(photo.parent / "deep" / "b.GIF")
    Image.new("RGB", (9, 9)).save(photo.parent / "z.webp")
    (photo.parent / "deep" / "again").symlink_to(photo.parent)
    (elsewhere := photo.parent.parent / "elsewhere").mkdir()
    Image.new("RGB", (9, 9)).save(elsewhere / "c.png")
    (photo.parent / "linked").symlink_to(elsewhere)

    answer = run(photo.parent, "--json")

    assert answer.exit_code == 0
    names = [Path(image["path"]).name for image in json.loads(answer.stdout)["images"]]
    assert names == ["astronaut.png", "b.GIF", "c.png", "z.webp"]


def test_a_folder_without_pictures_is_an_error(run, tmp_path):
    answer = run(tmp_path, "--json")

    assert answer.exit_code == 1
    assert "no pictures in this folder" in json.loads(answer.stdout)["images"][0]["error"]


def test_without_json_each_face_is_a_line(run, photo, tmp_path):
    empty = tmp_path / "empty.png"
    Image.new("RGB", (64, 64)).save(empty)

    lines = run(photo, empty).stdout.splitlines()

    assert lines[0] == f"{photo}  512x512"
    assert any(emotion in lines[1] for emotion in EMOTIONS)
    assert lines[2:] == [f"{empty}  64x64", "  no face found; --whole takes the whole picture as one"]


def test_one_network_alone_can_be_asked(run, photo, tiny_models):
    answer = run(photo, "--json", model=tiny_models[2])

    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["images"][0]["faces"][0]["certain"] is True


def test_a_table_that_cannot_be_written_is_told_before_the_work(run, photo, tmp_path):
    answer = run(photo, photo, "--csv", tmp_path / "none" / "faces.csv")

    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert f"faces.csv can't be written (there is no folder {tmp_path / 'none'})" in answer.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_table_that_cannot_be_written_loses_no_answers(run, photo):
    answer = run(photo, "--json", "--csv", "/dev/full")

    assert answer.exit_code == 2
    assert len(json.loads(answer.stdout)["images"][0]["faces"]) == 1
    assert "/dev/full can't be written (No space left on device" in answer.stderr


def test_a_file_name_that_is_not_utf8_is_told_readably(run, photo, tmp_path):
    odd = photo.with_name(os.fsdecode(b"caf\xe9.png"))
    photo.rename(odd)

    answer = run(odd, "--csv", tmp_path / "faces.csv")

    assert answer.exit_code == 0
    assert "caf\\xe9.png  512x512" in answer.stdout
    assert "caf\\xe9.png,1," in (tmp_path / "faces.csv").read_text()


@pytest.mark.parametrize("arguments", [[], ["--json"], ["a.jpg", "--unknown"]])
def test_wrong_usage_ends_with_2(run, arguments):
    assert run(*arguments).exit_code == 2


def test_an_unusable_model_or_detector_file_is_wrong_usage(run, photo, tmp_path):
    for arguments, model in (([photo], tmp_path / "none.json"), ([photo], tmp_path / "none.onnx")):
        answer = run(*arguments, model=model)
        assert answer.exit_code == 2
        assert f"{model}: " in answer.stderr
    answer = run(photo, "--yunet", tmp_path / "none.onnx")
    assert answer.exit_code == 2
    assert "none.onnx: no such file" in answer.stderr


def _subprocess(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "fer_core", "predict", *map(str, arguments)],
        cwd=ROOT,
        env={name: text for name, text in os.environ.items() if name != "FER_YUNET"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_in_a_process_of_its_own_stdout_is_the_json_alone(photo, tiny_card):
    answer = _subprocess(photo, photo.with_name("none.jpg"), "--json", "--model", tiny_card)

    assert answer.returncode == 1
    assert len(json.loads(answer.stdout)["images"]) == 2
    assert answer.stderr == f"{photo.with_name('none.jpg')}: no such file\n"


def test_a_missing_libgl_is_one_sentence_and_no_traceback(tmp_path, photo, tiny_card):
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    )

    answer = _subprocess(photo, "--json", "--model", tiny_card, PYTHONPATH=str(tmp_path))

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "apt-get install libgl1" in answer.stderr


def test_a_table_over_a_file_that_is_read_is_refused(run, tmp_path):
    picture = tmp_path / "a.png"
    Image.new("L", (60, 60)).save(picture)
    before = picture.read_bytes()
    answer = run(picture, "--csv", picture)
    assert answer.exit_code == 2
    assert "is one of the files to be read" in answer.stderr
    assert picture.read_bytes() == before


def test_a_path_that_cannot_be_examined_ends_no_batch(run, photo):
    answer = run("a" * 300 + ".jpg", photo, "b" * 5000 + ".mp4", "--json")

    assert answer.exit_code == 1
    assert [len(image["faces"]) for image in json.loads(answer.stdout)["images"]] == [0, 1]
    assert answer.stderr.count("the file may not be read (File name too long)") == 2
    answer = run(photo, "--csv", "a" * 300 + ".csv")
    assert answer.exit_code == 2
    assert "can't be written (File name too long)" in answer.stderr


def test_a_name_that_the_terminal_cannot_show_ends_no_batch(photo, tiny_card):
    odd = photo.rename(photo.with_name("ünï.png"))
    answer = _subprocess(odd, "--model", tiny_card, LC_ALL="C", PYTHONIOENCODING="ascii")

    assert answer.returncode == 0, answer.stderr
    assert "\\xfcn\\xef.png  512x512" in answer.stdout


def test_the_folder_of_a_model_is_taken_too(run, photo, tiny_card):
    assert run(photo, "--json", model=tiny_card.parent).stdout == run(photo, "--json").stdout
