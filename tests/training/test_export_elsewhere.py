from pathlib import Path

import keras
import numpy as np
import onnx
import pytest

from fer_core.datasets.dataset import FaceDataset
from fer_core.training import run as run_module
from fer_core.training.config import RunConfig
from fer_core.training.errors import RunFailedError
from fer_core.training.export_elsewhere import export_elsewhere
from fer_core.training.folder import CHECKPOINT, STATE, read_state
from fer_core.training.record import MODEL
from fer_core.training.run import train


class StoppedError(Exception):
    pass


@pytest.fixture
def trained(tmp_path: Path, drawn: FaceDataset, quick: RunConfig, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that is trained and not recorded yet, as when its machine has nothing to export with."""

    def stop(*_: object) -> None:
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "_record", stop)
        with pytest.raises(StoppedError):
            train(quick.changed(epochs=1), drawn, tmp_path / "run", verbose=0)
    return tmp_path / "run"


@pytest.mark.slow
def test_a_network_is_exported_by_a_process_with_another_backend(
    trained: Path, drawn: FaceDataset, quick: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(keras.backend, "backend", lambda: "jax")
        record = train(quick.changed(epochs=1), drawn, trained, verbose=0)
    properties = {each.key: each.value for each in onnx.load(trained / MODEL).metadata_props}
    assert (properties["network"], properties["run"]) == ("compact_vgg", "run")
    assert properties["data_fingerprint"] == record.data_fingerprint


@pytest.mark.slow
def test_a_record_tells_the_machine_that_trained_not_the_one_that_recorded(
    trained: Path, drawn: FaceDataset, quick: RunConfig
) -> None:
    file = trained / CHECKPOINT / STATE
    here = read_state(trained / CHECKPOINT)["trained_on"]
    assert here["hardware"]["backend"] == keras.backend.backend()
    assert here["packages"]["numpy"] == np.__version__
    file.write_text(file.read_text().replace(f'"backend": "{keras.backend.backend()}"', '"backend": "elsewhere"'))
    assert train(quick.changed(epochs=1), drawn, trained, verbose=0).hardware["backend"] == "elsewhere"


@pytest.mark.slow
def test_an_export_that_fails_says_why_and_leaves_the_run_to_be_resumed(trained: Path) -> None:
    (trained / CHECKPOINT / read_state(trained / CHECKPOINT)["best"]).write_bytes(b"damaged")
    with pytest.raises(RunFailedError, match=r"the network can't be exported with tensorflow \(.*can't be read"):
        export_elsewhere(trained)
    assert not (trained / MODEL).exists()
