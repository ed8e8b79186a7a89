import csv

import pytest

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.sources import read_source
from tests.datasets.wrappings import REAL


@pytest.fixture(scope="session")
def drawn() -> FaceDataset:
    return drawn_dataset(140, seed=5)


@pytest.fixture(scope="session")
def real() -> FaceDataset:
    if not (REAL / "archive.zip").exists():
        pytest.skip("FER2013 is not on this machine")
    return read_source(REAL / "archive.zip")[0]


@pytest.fixture(scope="session")
def real_index() -> dict[str, dict[str, str]]:
    if not (REAL / "index.csv").exists():
        pytest.skip("FER2013's index is not on this machine")
    with (REAL / "index.csv").open(newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}
