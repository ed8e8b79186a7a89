import io
import json

import numpy as np
import pytest
import requests
from kagglehub import clients

from fer_core.datasets import parts, picture_files, store
from fer_core.datasets.ferplus import VOTES, read_votes, table_beside
from fer_core.datasets.sources import DatasetError
from fer_core.datasets.store import (
    STORE_FILE,
    import_kaggle,
    import_source,
    keep_upload,
    kept_uploads,
    last_import,
    open_dataset,
    save_dataset,
)
from tests.datasets import wrappings
from tests.datasets.wrappings import write_folder, write_zip


@pytest.fixture
def zipped(drawn, tmp_path):
    return write_zip(wrappings.picture_files(drawn, "msambare"), tmp_path / "archive.zip")


def test_what_was_imported_is_what_is_opened(drawn, zipped, tmp_path):
    dataset, report = import_source(zipped, tmp_path / "data")
    for path in (tmp_path / "data", tmp_path / "data" / "fer2013.npz"):
        opened = open_dataset(path)
        assert opened.fingerprint == dataset.fingerprint == drawn.fingerprint
        assert opened.names.tolist() == dataset.names.tolist()
    assert report.read == len(drawn)


def test_what_was_sent_is_kept_until_it_is_imported(zipped, tmp_path):
    data = tmp_path / "data"
    broken = keep_upload(b"no zip", "archive.zip", data)
    with pytest.raises(DatasetError):
        import_source(broken, data)
    assert kept_uploads(data) == [broken]
    sent = keep_upload(zipped.read_bytes(), "archive.zip", data)
    import_source(zipped, data)
    assert kept_uploads(data) == [sent]
    import_source(sent, data)
    assert kept_uploads(data) == []


def test_a_file_that_is_sent_during_an_import_is_kept_for_its_own(zipped, tmp_path):
    data, content = tmp_path / "data", zipped.read_bytes()
    sent, again = keep_upload(content, "archive.zip", data), []
    import_source(sent, data, lambda done, total: again or again.append(keep_upload(content, "other.zip", data)))
    assert kept_uploads(data) == again


def test_the_facts_stand_beside_the_store(drawn, zipped, tmp_path):
    import_source(zipped, tmp_path / "data")
    facts = json.loads((tmp_path / "data" / "fer2013.json").read_text())
    assert facts["fingerprint"] == drawn.fingerprint
    assert facts["source"] == str(zipped)
    assert sum(sum(row.values()) for row in facts["counts"].values()) == len(drawn)


def test_an_interrupted_import_goes_on_where_it_was(drawn, zipped, tmp_path, monkeypatch):
    monkeypatch.setattr(picture_files, "PART_SIZE", 50)
    decoded = []
    decode = picture_files.decode
    monkeypatch.setattr(picture_files, "decode", lambda data: decoded.append(1) or decode(data))

    def interrupt(done, total):
        if done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_source(zipped, tmp_path / "data", interrupt)
    assert not (tmp_path / "data" / "fer2013.npz").exists()
    decoded.clear()
    dataset, _ = import_source(zipped, tmp_path / "data")
    assert len(decoded) == len(drawn) - 100
    assert dataset.fingerprint == drawn.fingerprint
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["fer2013.json", "fer2013.npz"]


def test_parts_of_another_source_or_damaged_ones_are_not_used(drawn, tmp_path):
    def read():
        return parts.Part(drawn.images, drawn.labels, drawn.usage, drawn.names, np.array([], dtype=np.str_))

    def fail():
        raise AssertionError("read again")

    kept = parts.KeptParts(tmp_path / "kept", ["a 1"])
    kept(0, read)
    assert len(kept(0, fail).labels) == len(drawn)
    with pytest.raises(AssertionError, match="read again"):
        parts.KeptParts(tmp_path / "kept", ["a 2"])(0, fail)
    next((tmp_path / "kept").rglob("0.npz")).write_bytes(b"PK half a file")
    assert len(kept(0, read).labels) == len(drawn)


def test_a_failed_import_leaves_the_stored_set(drawn, zipped, tmp_path):
    import_source(zipped, tmp_path / "data")
    files = {name: data for name, data in wrappings.picture_files(drawn).items() if "train/sad" not in name}
    with pytest.raises(DatasetError, match="train/sad"):
        import_source(write_folder(files, tmp_path / "fer"), tmp_path / "data")
    assert open_dataset(tmp_path / "data").fingerprint == drawn.fingerprint


def test_a_damaged_store_says_to_import_again(zipped, tmp_path):
    import_source(zipped, tmp_path / "data")
    path = tmp_path / "data" / "fer2013.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DatasetError, match="import FER2013 again"):
        open_dataset(path)


def test_a_store_that_cannot_be_written_is_named(zipped, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="choose another folder"):
        import_source(zipped, tmp_path / "file" / "data")


def test_without_a_path_the_environment_wins_over_the_store(drawn, zipped, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FER_DATA", raising=False)
    assert store.default_source() is None
    with pytest.raises(DatasetError, match=r"no data set on this machine: .*data import PATH"):
        open_dataset()
    import_source(zipped)
    assert open_dataset().fingerprint == drawn.fingerprint
    monkeypatch.setenv("FER_DATA", "drawn")
    assert open_dataset().synthetic


@pytest.fixture
def kaggle(monkeypatch):
    """What kagglehub's download does: returns this, or raises it."""
    answer = {}

    def download(handle):
        answer["handle"] = handle
        if isinstance(answer["gives"], Exception):
            raise answer["gives"]
        return str(answer["gives"])

    monkeypatch.setattr("kagglehub.dataset_download", download)
    return answer


def test_kaggles_folder_is_imported(drawn, tmp_path, kaggle):
    kaggle["gives"] = write_folder(wrappings.picture_files(drawn, "msambare"), tmp_path / "versions" / "1")
    dataset, _ = import_kaggle(tmp_path / "data")
    assert kaggle["handle"] == "ananthu017/emotion-detection-fer"
    assert open_dataset(tmp_path / "data").fingerprint == dataset.fingerprint == drawn.fingerprint


def test_a_download_tells_how_far_it_is(drawn, tmp_path, monkeypatch):
    folder = write_folder(wrappings.picture_files(drawn, "msambare"), tmp_path / "versions" / "1")
    response = requests.Response()
    response.status_code, response.headers["Content-Length"] = 200, "3000000"
    response.raw = io.BytesIO(bytes(3_000_000))
    told = []

    def download(handle):
        clients.download_file(response, str(tmp_path / "archive"), None)
        return str(folder)

    monkeypatch.setattr("kagglehub.dataset_download", download)
    import_kaggle(tmp_path / "data", downloading=lambda *step: told.append(step))
    assert told[-1] == (3_000_000, 3_000_000)
    assert len(told) > 1


def http_error(status):
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError("refused", response=response)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (requests.ConnectionError("Max retries exceeded"), "can't be reached from here; check the network"),
        (http_error(403), "wants you to sign in"),
        (http_error(503), "answered 503"),
        (OSError("No space left on device"), "No space left"),
    ],
)
def test_kaggles_refusals_are_told_in_plain_words_with_a_way_out(tmp_path, kaggle, error, sentence):
    kaggle["gives"] = error
    with pytest.raises(DatasetError, match=sentence) as caught:
        import_kaggle(tmp_path / "data")
    assert "https://www.kaggle.com/datasets/ananthu017/emotion-detection-fer in a browser" in str(caught.value)


def test_files_that_are_skipped_on_opening_are_logged(drawn, tmp_path, caplog):
    files = wrappings.picture_files(drawn)
    files["train/sad/im900.png"] = b"no picture"
    open_dataset(write_folder(files, tmp_path / "fer2013"))
    assert any("im900.png" in message for message in caplog.messages)


def test_votes_beside_a_source_are_taken_along_and_a_table_of_something_else_is_not(drawn, tmp_path):
    archive = write_zip(wrappings.picture_files(drawn), tmp_path / "a.zip")
    names = open_dataset(archive).names
    head = "file," + ",".join(VOTES)
    (tmp_path / "index.csv").write_text("file,label\nx,1\n")
    import_source(archive, tmp_path / "data")
    assert table_beside(tmp_path / "data" / STORE_FILE) is None
    (tmp_path / "index.csv").write_text(f"{head}\n{names[3]},1,2,3,0,0,0,0,0,0,4\n")
    dataset, _ = import_source(archive, tmp_path / "data")
    assert read_votes(table_beside(tmp_path / "data" / STORE_FILE), dataset)[3].tolist() == [
        1,
        2,
        3,
        0,
        0,
        0,
        0,
        0,
        0,
        4,
    ]
    (tmp_path / "index.csv").unlink()
    import_source(archive, tmp_path / "data")
    assert table_beside(tmp_path / "data" / STORE_FILE) is None, "votes of an earlier import don't outlive it"
    (tmp_path / "data" / "index.csv").write_text("my own")
    (tmp_path / "index.csv").write_text(f"{head}\n{names[3]},1,2,3,0,0,0,0,0,0,4\n")
    import_source(archive, tmp_path / "data")
    assert (tmp_path / "data" / "index.csv").read_text() == "my own"


def test_the_last_imports_report_is_kept(drawn, tmp_path):
    files = wrappings.picture_files(drawn)
    files["train/happy/im0.png"] = b"broken"
    _, report = import_source(write_zip(files, tmp_path / "a.zip"), tmp_path / "data")
    assert last_import(tmp_path / "data") == report
    assert last_import(tmp_path) is None


def test_rows_of_the_table_are_stored(drawn, tmp_path):
    table = tmp_path / "fer2013.csv"
    table.write_text(wrappings.csv_text(drawn))
    import_source(table, tmp_path / "data")
    assert open_dataset(tmp_path / "data").rows.tolist() == list(range(len(drawn)))


def test_places_may_be_told_as_text(drawn, zipped, tmp_path):
    import_source(str(zipped), str(tmp_path / "store"))
    save_dataset(drawn, str(tmp_path / "drawn.npz"))
    assert open_dataset(str(tmp_path / "store")).fingerprint == open_dataset(str(tmp_path / "drawn.npz")).fingerprint


def test_a_single_array_in_place_of_the_store_is_told(drawn, tmp_path):
    with (tmp_path / STORE_FILE).open("wb") as file:
        np.save(file, drawn.labels)
    with pytest.raises(DatasetError, match="not a readable stored data set"):
        open_dataset(tmp_path)
