import csv

import pytest

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from tests.datasets.wrappings import REAL


@pytest.fixture(scope="session")
def drawn() -> FaceDataset:
    return drawn_dataset(140, seed=5)


@pytest.fixture(scope="session")
def real_index() -> dict[str, dict[str, str]]:
    if not (REAL / "index.csv").exists():
        pytest.skip("FER2013's index is not on this machine")
    with (REAL / "index.csv").open(newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}
