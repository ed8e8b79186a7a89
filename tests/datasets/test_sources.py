import struct
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from fer_core.datasets.csv_table import as_pictures
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.picture_files import picture_file, usages
from fer_core.datasets.sources import LONGEST_LINE, DatasetError, read_source
from fer_core.datasets.store import open_dataset
from fer_core.emotions import EMOTIONS
from tests.datasets.wrappings import csv_text, picture_files, png, write_folder, write_zip


def all_public(dataset):
    """File names without usage: FER2013's rule takes the first test files, here all, for PublicTest."""
    usage = np.where(dataset.usage == "PrivateTest", "PublicTest", dataset.usage)
    return FaceDataset(dataset.images, dataset.labels, usage, dataset.names)


def test_folder_and_zip_with_fer2013s_names(drawn, tmp_path):
    files = picture_files(drawn)
    expected = all_public(drawn).fingerprint
    for path in (write_folder(files, tmp_path / "fer"), write_zip(files, tmp_path / "a.zip", "archive/")):
        dataset, report = read_source(path)
        assert dataset.fingerprint == expected
        assert (report.read, report.skipped) == (len(drawn), [])


def test_folder_and_zip_with_msambares_names_keep_the_usage(drawn, tmp_path):
    files = picture_files(drawn, "msambare")
    for path in (write_folder(files, tmp_path / "fer"), write_zip(files, tmp_path / "a.zip")):
        assert read_source(path)[0].fingerprint == drawn.fingerprint


def test_table_alone_and_in_a_zip(drawn, tmp_path):
    table = tmp_path / "fer2013.csv"
    table.write_text(csv_text(drawn))
    zipped = write_zip({"fer2013.csv": table.read_bytes()}, tmp_path / "a.zip", "fer2013/")
    for path in (table, zipped):
        dataset, report = read_source(path)
        assert dataset.fingerprint == drawn.fingerprint
        assert report.kind == "csv"


def test_newer_kaggle_tables_with_spaces_in_the_head(drawn, tmp_path):
    table = tmp_path / "icml.csv"
    table.write_text(csv_text(drawn).replace("emotion,pixels,Usage", "emotion, pixels, Usage"))
    assert read_source(table)[0].fingerprint == drawn.fingerprint


def test_a_table_with_excels_byte_order_mark_is_read(drawn, tmp_path):
    table = tmp_path / "fer2013.csv"
    table.write_text(csv_text(drawn), encoding="utf-8-sig")
    zipped = write_zip({"fer2013.csv": table.read_bytes()}, tmp_path / "a.zip")
    assert read_source(table)[0].fingerprint == read_source(zipped)[0].fingerprint == drawn.fingerprint


def test_counts_that_are_not_fer2013s_are_told(drawn, tmp_path):
    warnings = read_source(write_zip(picture_files(drawn), tmp_path / "a.zip"))[1].warnings
    assert len(warnings) == 2
    assert "(FER2013 has 3995)" in warnings[0]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_line_without_an_end_is_one_row_that_is_left_out(drawn, tmp_path, wrapped):
    path = tmp_path / "fer2013.csv"
    lines = csv_text(drawn).splitlines(keepends=True)
    path.write_text("".join([*lines[:11], "9" * 3 * LONGEST_LINE + "\n", *lines[11:]]))
    if wrapped:
        path = write_zip({"fer2013.csv": path.read_bytes()}, tmp_path / "a.zip")
    dataset, report = read_source(path)
    assert dataset.fingerprint == drawn.fingerprint
    assert len(report.skipped) == 1
    assert dataset.rows.tolist() == [row for row in range(len(drawn) + 1) if row != 10]


def test_unreadable_files_are_named_and_the_rest_is_read(drawn, tmp_path):
    files = picture_files(drawn)
    files["train/happy/im0.png"] = b"\x89PNG broken"
    files["train/happy/im1.png"] = b""
    files["train/happy/im2.png"] = png(np.zeros((48, 64), np.uint8))
    dataset, report = read_source(write_folder(files, tmp_path / "fer"))
    assert len(dataset) == len(drawn) - 3
    assert report.skipped == [
        "train/happy/im0.png: can't be decoded as a picture; skipped",
        "train/happy/im1.png: can't be decoded as a picture; skipped",
        "train/happy/im2.png: is 64x48, expected 48x48; skipped",
    ]


def test_unreadable_rows_are_named_and_the_rest_is_read(drawn, tmp_path):
    lines = csv_text(drawn).splitlines()
    lines[1] = "0,1 2 3,Training"
    lines[2] = "9" + lines[2][1:]
    lines[3] = lines[3].replace("Training", "Trainin")
    lines[4] = "0,one two,Training"
    lines[5] = "0"
    lines[6] = lines[6].replace(" ", "")
    table = tmp_path / "fer2013.csv"
    table.write_text("\n".join(lines))
    dataset, report = read_source(table)
    assert len(dataset) == len(drawn) - 6
    assert report.skipped[0] == "fer2013.csv:0: has 3 pixels, expected 2304 of 0 to 255; skipped"
    assert "emotion '9'" in report.skipped[1]
    assert "Usage 'Trainin'" in report.skipped[2]
    assert report.skipped[5] == "fer2013.csv:5: has pixels that are no numbers of 0 to 255; skipped"


def test_a_file_damaged_inside_the_zip_is_named(drawn, tmp_path):
    files = picture_files(drawn)
    path = write_zip(files, tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    start = data.index(files["train/happy/im0.png"])
    data[start + 60 : start + 90] = bytes(30)
    path.write_bytes(data)
    dataset, report = read_source(path)
    assert len(dataset) == len(drawn) - 1
    assert report.skipped[0].startswith("train/happy/im0.png: Bad CRC-32")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_LZMA])
def test_a_zip_whose_table_is_damaged_is_named(drawn, tmp_path, compression):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("fer2013.csv", csv_text(drawn))
    data = bytearray(path.read_bytes())
    if compression == zipfile.ZIP_LZMA:
        data[2000:2030] = bytes(30)
    else:  # its directory says that the table goes on behind the end of the file
        sizes = data.rindex(b"PK\1\2") + 20
        data[sizes : sizes + 8] = struct.pack("<II", 10**8, 10**8)
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"a\.zip: can't be read"):
        read_source(path)


def test_test_files_of_other_pictures_are_halved_and_told(drawn, tmp_path):
    files = {name.replace("/im", "/person_1"): data for name, data in picture_files(drawn).items()}
    dataset, report = read_source(write_folder(files, tmp_path / "own"))
    public, private = (np.bincount(dataset.split(name).labels, minlength=7) for name in ("public", "private"))
    assert set((public - private).tolist()) <= {0, 1}
    assert report.warnings[0].startswith(f"test: the files of {', '.join(EMOTIONS)} are not FER2013's")


def test_all_of_a_class_under_other_names_are_counted():
    files = [picture_file(f"test/disgusted/{number}.jpg") for number in range(5000, 5111)]
    assert usages(files) == ["PublicTest"] * 56 + ["PrivateTest"] * 55


def test_a_file_named_as_if_of_another_split_goes_with_its_folder_and_is_told(drawn, tmp_path):
    files = picture_files(drawn, "msambare")
    picture = next(iter(files.values()))
    files |= {"test/happy/Training_955.jpg": picture, "train/happy/PublicTest_956.jpg": picture}
    dataset, report = read_source(write_folder(files, tmp_path / "fer"))
    usage = dict(zip(dataset.names.tolist(), dataset.usage.tolist(), strict=True))
    assert usage["test/happy/Training_955.jpg"] in ("PublicTest", "PrivateTest")
    assert usage["train/happy/PublicTest_956.jpg"] == "Training"
    assert [told for told in report.warnings if "another split" in told] == [
        "train: 1 file(s) are named as if of another split, e.g. train/happy/PublicTest_956.jpg; the folder counts",
        "test: 1 file(s) are named as if of another split, e.g. test/happy/Training_955.jpg; the folder counts",
    ]


def test_folders_that_are_not_read_are_told_with_their_pictures(drawn, tmp_path):
    files = picture_files(drawn)
    left = ("validation/happy/a.png", "validation/sad/b.png", "train/happy/more/c.jpg", ".cache/faces/d.png", "e.png")
    report = read_source(write_zip(files | dict.fromkeys(left, b"x"), tmp_path / "a.zip"))[1]
    assert [told.partition(" left out")[0] for told in report.warnings[:2]] == [
        "train/happy/more/: 1 picture(s)",
        "validation/: 2 picture(s)",
    ]
    assert report.warnings[2].startswith("train: not the complete FER2013")
    assert report.skipped == []


@pytest.mark.parametrize("read", [read_source, open_dataset])
def test_a_path_that_cannot_be_examined_is_told(read):
    with pytest.raises(DatasetError, match=r"aaa: can't be read \(File name too long\)"):
        read("a" * 300)


def test_where_the_parts_cannot_be_kept_that_folder_is_named(drawn, tmp_path):
    path = write_zip(picture_files(drawn), tmp_path / "a.zip")
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"file/parts/\w+: can't keep what was read so far"):
        read_source(path, keep_parts_in=tmp_path / "file" / "parts")


def test_archive_names_that_leave_the_folder_are_refused(drawn, tmp_path):
    path = tmp_path / "a.zip"
    evil = ["../train/happy/im900.png", "/train/happy/im901.png", "C:\\train\\happy\\im902.png", "x/../../fer2013.csv"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in picture_files(drawn).items():
            archive.writestr(name, data)
        for name in evil:
            archive.writestr(name, png(drawn.images[0]))
    dataset, report = read_source(path)
    assert len(dataset) == len(drawn)
    assert len(report.skipped) == len(evil)
    assert all("unsafe path" in sentence for sentence in report.skipped)


def test_a_picture_that_stands_twice_under_one_name_is_taken_once(drawn, tmp_path):
    files = picture_files(drawn)
    files["copy/train/happy/im0.png"] = files["train/happy/im0.png"]
    dataset, report = read_source(write_folder(files, tmp_path / "fer"))
    assert len(dataset) == len(drawn)
    assert "stands twice" in report.skipped[0]


def test_side_files_of_a_mac_are_no_pictures(drawn, tmp_path):
    files = picture_files(drawn) | {"__MACOSX/train/happy/._im0.png": b"\0\5"}
    dataset, report = read_source(write_zip(files, tmp_path / "a.zip"))
    assert (len(dataset), report.skipped) == (len(drawn), [])


def test_a_missing_class_is_named(drawn, tmp_path):
    files = {name: data for name, data in picture_files(drawn).items() if "train/sad" not in name}
    with pytest.raises(DatasetError, match="no pictures in train/sad/; every class needs some"):
        read_source(write_folder(files, tmp_path / "fer"))


def test_a_class_that_is_all_broken_is_named(drawn, tmp_path):
    files = {name: b"x" if "test/sad" in name else data for name, data in picture_files(drawn).items()}
    with pytest.raises(DatasetError, match="no readable pictures of sad in test"):
        read_source(write_folder(files, tmp_path / "fer"))


def test_a_truncated_zip_says_to_download_again(drawn, tmp_path):
    path = write_zip(picture_files(drawn), tmp_path / "archive.zip")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DatasetError, match=r"not a complete zip file .*download it again"):
        read_source(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.txt", b"hello", "not a folder, a zip file or a .csv table"),
        ("fer2013.csv", b"a,b\n1,2\n", "column\\(s\\) Usage, emotion, pixels missing; found a, b"),
        ("fer2013.csv", b"", "found nothing"),
        ("fer2013.csv", b"emotion,pixels,Usage\n", "no readable image"),
    ],
)
def test_other_files_are_refused_with_what_was_found(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read_source(tmp_path / name)


def test_a_path_that_is_not_there_and_a_folder_of_something_else(tmp_path):
    with pytest.raises(DatasetError, match="no such file or folder"):
        read_source(tmp_path / "nothing")
    with pytest.raises(DatasetError, match="~nobody-is-called-so/fer: no such file or folder"):
        read_source("~nobody-is-called-so/fer")
    with pytest.raises(DatasetError, match="no pictures under train/<emotion>/"):
        read_source(tmp_path)


def test_only_the_training_folder_is_refused(drawn, tmp_path):
    folder = write_folder(picture_files(drawn), tmp_path / "fer")
    with pytest.raises(DatasetError, match="only the train/ part"):
        read_source(folder / "train")


@pytest.mark.slow
def test_a_missing_test_file_does_not_move_the_others_between_public_and_private(real):
    names = [name for name in real.names if name.startswith("test/angry/")]
    whole = dict(zip(names, usages([picture_file(name) for name in names]), strict=True))
    fewer = [name for name in names if name != "test/angry/im7.png"]
    assert usages([picture_file(name) for name in fewer]) == [whole[name] for name in fewer]


@pytest.mark.slow
def test_real_usage_recovered_from_places_is_the_official_one(real, real_index):
    assert len(real) == len(real_index) == 35_887
    assert [real_index[name]["usage"] for name in real.names] == real.usage.tolist()
    assert real.also_in_training(real.where("PublicTest", "PrivateTest")).sum() == 568


@pytest.mark.slow
def test_the_whole_table_becomes_the_archive(real, real_index):
    rows = np.array([int(real_index[name]["row"]) for name in real.names])
    order = np.argsort(rows)
    table = replace(real.take(order), names=np.array([f"fer2013.csv:{row}" for row in rows[order]]))
    found = as_pictures(table)
    for field in ("names", "images", "labels", "usage"):
        assert np.array_equal(getattr(found, field), getattr(real, field))
    assert np.array_equal(found.rows, rows)


def test_a_table_that_is_not_the_whole_of_fer2013_keeps_its_order_and_names(drawn, tmp_path):
    table = tmp_path / "fer2013.csv"
    table.write_text(csv_text(drawn))
    dataset, _ = read_source(table)
    assert dataset.names[7] == "fer2013.csv:7"
    assert dataset.rows.tolist() == list(range(len(drawn)))


@pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv"])
def test_a_table_in_a_folder_is_found(drawn, tmp_path, name):
    folder = tmp_path / "unpacked"
    (folder / "fer2013").mkdir(parents=True)
    (folder / "fer2013" / name).write_text(csv_text(drawn))
    dataset, report = read_source(folder)
    assert (dataset.fingerprint, report.kind) == (drawn.fingerprint, "csv")


def test_a_data_set_in_a_folder_called_test_is_read(drawn, tmp_path):
    folder = write_folder(picture_files(drawn), tmp_path / "test")
    assert len(read_source(folder)[0]) == len(drawn)
    with pytest.raises(DatasetError, match="this is only the train/ part"):
        read_source(folder / "train")


def test_files_of_other_kinds_and_unknown_classes_are_told(drawn, tmp_path):
    files = picture_files(drawn)
    extra = ["train/happy/a.gif", "train/happy/b.gif", "train/happy/.DS_Store", "test/contempt/im1.png", "readme.txt"]
    report = read_source(write_zip(files | dict.fromkeys(extra, b"x"), tmp_path / "a.zip"))[1]
    assert report.skipped == [
        "test/contempt/im1.png: 'contempt' is none of the seven emotions; skipped",
        "train/happy/a.gif: expected .png, .jpg, .jpeg, .bmp, .webp, .tif, .tiff, got .gif; skipped",
        "train/happy/b.gif: expected .png, .jpg, .jpeg, .bmp, .webp, .tif, .tiff, got .gif; skipped",
    ]
