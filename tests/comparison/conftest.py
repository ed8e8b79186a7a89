from pathlib import Path

import pytest

from fer_core.comparison import statistics
from fer_core.comparison.places import Places
from tests.comparison.records import write_ensemble, write_record


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Statistics of a test are kept in its own folder, and nothing is known from the test before."""
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(statistics, "_kept", {})
    return tmp_path / "cache"


@pytest.fixture
def where(tmp_path: Path) -> Places:
    """Places that hold nothing yet."""
    return Places(tmp_path / "models", tmp_path / "runs", tmp_path / "imported")


@pytest.fixture
def recorded(where: Places) -> Places:
    """Places with three shipped runs, the ensemble of them, and a run of one's own."""
    runs = [
        write_record(where.shipped / "runs" / network, seed=seed, network=network, skill=0.7 + seed / 10)
        for seed, network in enumerate(("compact_resnet", "compact_vgg", "compact_densenet"))
    ]
    write_ensemble(where.shipped, runs)
    write_record(where.own / "mine", seed=7, network="cnn", skill=0.6, optimizer="adam", learning_rate=1e-3)
    return where
