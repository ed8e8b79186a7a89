"""Pictures of one's own, as other programs wrap them: other kinds of files, Windows' zips, linked folders."""

import cv2
import numpy as np
import pytest

from fer_core.datasets.sources import DatasetError, read_source
from tests.datasets.wrappings import csv_text, picture_files, write_folder, write_zip


@pytest.mark.parametrize("suffix", [".bmp", ".tif"])
def test_pictures_of_ones_own_may_be_of_other_kinds(drawn, tmp_path, suffix):
    files = {
        name.replace(".jpg", suffix): cv2.imencode(suffix, cv2.imdecode(np.frombuffer(data, np.uint8), 0))[1].tobytes()
        for name, data in picture_files(drawn, "msambare").items()
    }
    dataset, report = read_source(write_folder(files, tmp_path / "own"))
    assert dataset.fingerprint == drawn.fingerprint
    assert report.skipped == []


def test_pictures_of_a_kind_that_is_not_read_are_named_where_there_are_no_others(drawn, tmp_path):
    files = {name.replace(".jpg", ".gif"): data for name, data in picture_files(drawn, "msambare").items()}
    told = r"(train/|test/).*: expected \.png, .*, got \.gif; skipped"
    with pytest.raises(DatasetError, match=rf"no pictures under train/<emotion>/.*{told}"):
        read_source(write_folder(files, tmp_path / "own"))
    some = {name if "happ" in name else name.replace(".gif", ".jpg"): data for name, data in files.items()}
    with pytest.raises(DatasetError, match=rf"no pictures in train/happy/; .*{told}"):
        read_source(write_zip(some, tmp_path / "own.zip"))


def test_a_zip_whose_names_have_backslashes_is_read(drawn, tmp_path):
    files = {name.replace("/", "\\"): data for name, data in picture_files(drawn, "msambare").items()}
    dataset, report = read_source(write_zip(files | {"train\\": b""}, tmp_path / "a.zip", "archive\\"))
    assert dataset.fingerprint == drawn.fingerprint
    assert report.skipped == []
    table = write_zip({"fer2013\\fer2013.csv": csv_text(drawn).encode()}, tmp_path / "b.zip")
    assert read_source(table)[0].fingerprint == drawn.fingerprint


def test_linked_folders_are_read_and_links_back_are_not_followed(drawn, tmp_path):
    files = picture_files(drawn, "msambare")
    write_folder(files, tmp_path / "elsewhere")
    folder = tmp_path / "fer"
    folder.mkdir()
    for part in ("train", "test"):
        (folder / part).symlink_to(tmp_path / "elsewhere" / part)
    (tmp_path / "elsewhere" / "train" / "back").symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    dataset, report = read_source(folder)
    assert dataset.fingerprint == drawn.fingerprint
    assert report.skipped == []
