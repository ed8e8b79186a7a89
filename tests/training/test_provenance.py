import shutil
import subprocess
from pathlib import Path

import pytest

from fer_core.training import provenance


@pytest.mark.skipif(not shutil.which("git"), reason="no git")
def test_the_code_version_is_of_the_tree_that_the_code_is_part_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*words: str) -> str:
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
        done = subprocess.run(["git", *who, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    tracked, installed = tmp_path / "module.py", tmp_path / ".venv" / "module.py"
    installed.parent.mkdir()
    for file in (tracked, installed):
        file.touch()
    (tmp_path / ".gitignore").write_text(".venv\n")
    git("init")
    git("add", ".")
    git("commit", "--message", "one")
    monkeypatch.setattr(provenance, "__file__", str(tracked))
    assert provenance.code_version() == git("rev-parse", "--short=12", "HEAD")
    tracked.write_text("changed")
    assert provenance.code_version().endswith("+")
    monkeypatch.setattr(provenance, "__file__", str(installed))
    assert provenance.code_version() == "unknown"
