"""The library as others install it, without the dashboard around it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fer_core.prediction.samples import FOLDER

ROOT = Path(__file__).parents[1]
LEFT_OUT = {"fer_core/locale/ko/LC_MESSAGES/fer.po"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder on the path with what a wheel holds, built from a copy, so that nothing is left in the clone."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for folder in ("fer_core", "models"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for file in (
        "pyproject.toml",
        "requirements-library.txt",
        "requirements-training.txt",
        "LICENSE",
        "docs/library.md",
    ):
        (source / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, source / file)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(built)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, timeout=300)
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(built / "site")
    return built / "site"


@pytest.mark.slow
def test_every_file_of_the_library_and_its_networks_is_installed(installed: Path) -> None:
    def files(root: Path, folder: str, put: str = "") -> set[str]:
        paths = (root / folder).rglob("*.*")
        kept = (path for path in paths if path.is_file() and "__pycache__" not in path.parts)
        return {put + path.relative_to(root).as_posix() for path in kept if not path.name.startswith(".")}

    expected = files(ROOT, "fer_core") | files(ROOT, "models", "fer_core/")
    assert files(installed, "fer_core") == expected - LEFT_OUT


@pytest.mark.slow
def test_an_installed_library_reads_a_face_anywhere(installed: Path, tmp_path: Path) -> None:
    shutil.copy(FOLDER / "astronaut.jpg", tmp_path)
    command = [sys.executable, "-m", "fer_core", "predict", "astronaut.jpg"]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told.stderr
    assert "happy" in told.stdout


@pytest.mark.slow
def test_a_command_that_needs_training_says_so_where_it_is_not_installed(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("raise ModuleNotFoundError('No module named keras', name='keras')")
    command = [sys.executable, "-m", "fer_core", "train", "--data", "drawn", "--to", "run"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(installed)))}
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert told.returncode == 1
    assert (
        told.stderr == "keras is not installed; this command needs the extra [training], or all of requirements.txt\n"
    )
