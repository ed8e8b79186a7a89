import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from fer_core import files
from fer_core.files import copy_whole, walked, write_atomically


def test_who_reads_while_others_write_gets_one_whole_text(tmp_path):
    path = tmp_path / "told.txt"
    texts = [str(digit) * 100_000 for digit in range(8)]
    write_atomically(path, texts[0])
    with ThreadPoolExecutor(8) as pool:
        written = [pool.submit(write_atomically, path, text) for text in texts * 5]
        while not all(one.done() for one in written):
            assert path.read_text() in texts
    assert all(one.exception() is None for one in written)
    assert [file.name for file in tmp_path.iterdir()] == ["told.txt"]


def test_what_stood_there_stays_where_nothing_can_be_written(tmp_path):
    path = tmp_path / "told.txt"
    path.mkdir()
    with pytest.raises(OSError, match=r"told\.txt: can't be written \(.+\); choose another place"):
        write_atomically(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == ["told.txt"]


def test_links_across_each_other_do_not_make_a_walk_endless(tmp_path):
    for name in "abcdefgh":
        (tmp_path / name).mkdir()
        for other in "abcdefgh".replace(name, ""):
            (tmp_path / name / other).symlink_to(tmp_path / other)
    with pytest.raises(OSError, match="more than 100 folders in it"):
        list(walked(tmp_path, 100))


@pytest.mark.parametrize(("system", "refusals", "written"), [("nt", 3, True), ("nt", 1000, False), ("posix", 1, False)])
def test_on_windows_alone_a_file_is_replaced_though_another_process_has_it_open_for_a_moment(
    tmp_path, monkeypatch, system, refusals, written
):
    path, asked = tmp_path / "told.txt", []
    path.write_text("old")
    replace = Path.replace

    def refuse_at_first(part, target):
        asked.append(target)
        if len(asked) <= refusals:
            raise PermissionError(13, "Access is denied")
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", refuse_at_first)
    monkeypatch.setattr(files, "os", SimpleNamespace(**vars(os) | {"name": system}))  # pathlib has its own
    monkeypatch.setattr(files, "REPLACE_PAUSE", 0)
    with nullcontext() if written else pytest.raises(OSError, match="Access is denied"):
        write_atomically(path, "new")
    assert path.read_text() == ("new" if written else "old")
    assert len(asked) == 1 or system == "nt"
    assert [file.name for file in tmp_path.iterdir()] == ["told.txt"]


def test_behind_a_link_the_file_is_replaced_and_keeps_its_permissions(tmp_path):
    shared = tmp_path / "shared.txt"
    shared.write_text("old")
    shared.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(shared)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert shared.read_text() == "new"
    assert shared.stat().st_mode & 0o777 == 0o640


def test_a_copy_that_is_there_already_is_left_alone_and_another_is_replaced_at_once(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"new")
    before = target.stat()
    copy_whole(source, target)
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    target.write_bytes(b"old")
    with target.open("rb") as opened:  # as by who answers with a network
        copy_whole(source, target)
        assert opened.read() == b"old"
    assert target.read_bytes() == b"new"
    with pytest.raises(FileNotFoundError):
        copy_whole(tmp_path / "gone", target)
    assert target.read_bytes() == b"new"


def test_git_changes_no_line_ending_of_the_shipped_records():
    root = Path(__file__).parents[1]
    if not shutil.which("git") or not (root / ".git").exists():
        pytest.skip("no git, or no clone")

    def git(*words: str, given: str = "") -> list[str]:
        told = subprocess.run(["git", *words], cwd=root, input=given, capture_output=True, text=True, check=True)
        return told.stdout.rstrip("\0").split("\0")

    files = git("ls-files", "-z", "models")
    told = git("check-attr", "-z", "--stdin", "text", given="\0".join(files))
    assert told[0::3] == files
    assert set(told[2::3]) == {"unset"}
