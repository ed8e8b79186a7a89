"""A recorded network with its convolutions in int8: smaller, and faster on every processor."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from fer_core.datasets.dataset import FaceDataset
from fer_core.files import PARTS, bring_to_disk, clear_parts, parts_folder
from fer_core.training.answers import recorded_answers
from fer_core.training.half_weights import store_in_half
from fer_core.training.record import MODEL, RUN_FILES, RunRecord, kept_model, read_run, run_name, write_run
from fer_core.training.split import split_of

CALIBRATION_IMAGES = 512
BATCH = 32


class QuantisationError(ValueError):
    """A recorded run can't be quantised; the message says why."""


class _Faces(CalibrationDataReader):
    """Batches of faces as a network takes them."""

    def __init__(self, images: np.ndarray) -> None:
        self.batches: Iterator[np.ndarray] = iter(
            images[start : start + BATCH, :, :, None].astype(np.float32) for start in range(0, len(images), BATCH)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch; None after the last."""
        batch = next(self.batches, None)
        return None if batch is None else {"images": batch}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice that ONNX Runtime's quantiser logs for every model."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def quantise(model: Path, images: np.ndarray, to: Path) -> None:
    """Write a network with its convolutions in int8 (static quantisation; Jacob et al., 2018, arXiv 1712.05877).

    Its other weights take two bytes each in the file, as from `export_onnx`.

    Args:
        model: as from `export_onnx`; its metadata are taken over.
        images: (n, 48, 48) uint8 that the ranges of activations are measured on; of the training part.
        to: file to write.

    Raises:
        QuantisationError: the file can't be read, or is no network that can be quantised.
    """
    with parts_folder(to.parent) as folder, _quiet():
        prepared, written = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        try:
            quant_pre_process(model, prepared, skip_symbolic_shape=True)
            quantize_static(
                prepared,
                written,
                _Faces(images),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                reduce_range=True,  # processors without VNNI add products of 8-bit weights in 16 bits, which overflow
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["Conv"],
            )
            network = onnx.load(written)
            store_in_half(network.graph)
            onnx.save(network, written)
        except Exception as error:  # those of ONNX and ONNX Runtime share no class of their own
            raise QuantisationError(f"{model}: can't be quantised ({error})") from error
        bring_to_disk(written)
        written.replace(to)


def quantise_run(run: str | Path, dataset: FaceDataset, to: str | Path) -> RunRecord:
    """Record a run's network in int8 as a run of its own: same configuration and history, answers of its own.

    Args:
        run: folder of a recorded run whose network was kept.
        dataset: what it was trained on.
        to: folder of the new record; its name is the new run's id.

    Raises:
        RecordError: the run is incomplete, its network was not kept, or no run can be called as the folder is.
        QuantisationError: its network is in int8 already, the data set is another, or the folder holds
            something.
    """
    run, to = Path(run), Path(to)
    name = run_name(to)
    found = read_run(run)
    model = kept_model(run)
    if found.record.int8_of:
        raise QuantisationError(f"{run}: is in int8 already, of {found.record.int8_of}")
    if found.record.data_fingerprint != dataset.fingerprint:
        raise QuantisationError(
            f"{run}: was trained on the data set {found.record.data_fingerprint}, got {dataset.fingerprint}"
        )
    if to.exists() and any(not path.name.startswith(PARTS) for path in to.iterdir()):
        raise QuantisationError(f"{to}: holds something; choose another folder")
    config = found.record.config
    train = split_of(config, dataset).train
    drawn = np.random.default_rng(config.seed).choice(train, min(CALIBRATION_IMAGES, len(train)), replace=False)
    try:
        parts = {
            part: np.array([dataset.positions[image] for image in split.ids]) for part, split in found.splits.items()
        }
    except KeyError as error:
        raise QuantisationError(
            f"{run}: its image {error} is called otherwise in this form of the data set; open the one it was trained on"
        ) from error
    made = not to.exists()
    to.mkdir(parents=True, exist_ok=True)
    clear_parts(to)
    try:
        with parts_folder(to) as folder:
            network = Path(folder) / MODEL
            quantise(model, dataset.images[drawn], network)
            splits = recorded_answers(network, dataset, parts, config)
            network.replace(to / MODEL)
        record = found.record.model_copy(update={"id": name, "int8_of": found.record.id})
        return write_run(to, record, found.history.to_dict("records"), splits)
    except BaseException:
        with suppress(OSError):
            for file in (MODEL, *RUN_FILES):
                (to / file).unlink(missing_ok=True)
            if made:
                to.rmdir()
        raise
