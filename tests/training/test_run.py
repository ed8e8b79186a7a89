from pathlib import Path

import keras
import numpy as np
import pytest

from fer_core.datasets.errors import DatasetError
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.datasets.splits import split_training
from fer_core.prediction.ensemble import Ensemble
from fer_core.training.batches import Batch, Batches
from fer_core.training.callbacks import enough_memory, patience_is_over
from fer_core.training.compile import learning_rate, loss
from fer_core.training.config import RunConfig
from fer_core.training.errors import RunFailedError
from fer_core.training.fit import best_network, fit
from fer_core.training.folder import CHECKPOINT, CONFIG, new_folder, read_state
from fer_core.training.progress import Progress
from fer_core.training.record import MODEL, PROBABILITIES, RECORD, RUN_FILES, RecordError, read_run, run_name
from fer_core.training.run import train
from fer_core.training.split import split_of


@pytest.fixture(scope="module")
def reports() -> list[Progress]:
    """What was told while `recorded` was trained."""
    return []


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, drawn, quick: RunConfig, reports: list[Progress]) -> Path:
    """A finished run that uses what a run can use; the code changes meanwhile."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    training = drawn.where("Training")
    SoftLabels.of(drawn, training, np.full((len(training), 7), 1 / 7), "nobody").write(folder.parent / "soft.npz")
    options = {
        "soft_labels": str(folder.parent / "soft.npz"),
        "soft_share": 0.1,
        "small_epochs": 1,
        "ema": 0.9,
        "mixup": 0.2,
        "sampling": "mild",
        "holdout": True,
        "validation_share": 0.3,
    }
    commits = ["begun with"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("fer_core.training.run.code_version", lambda: commits[-1])
        config = RunConfig(**{**quick.model_dump(), **options})
        train(
            config,
            drawn,
            folder,
            on_epoch=lambda row: commits.append("made meanwhile"),
            report=reports.append,
            verbose=0,
        )
    return folder


@pytest.mark.slow
def test_a_run_is_recorded_with_configuration_history_and_provenance(recorded: Path, drawn) -> None:
    run = read_run(recorded)
    assert run.record.config.ema == 0.9
    assert run.record.data_fingerprint == drawn.fingerprint
    assert run.record.synthetic
    assert run.record.soft_labels == "nobody"
    assert run.record.kept_epoch == 2  # the only one at full size
    assert run.history["epoch"].tolist() == [1, 2]
    columns = {"loss", "accuracy", "top2_accuracy", "val_loss", "val_accuracy", "val_top2_accuracy", "learning_rate"}
    assert columns <= set(run.history.columns)
    assert run.record.train_seconds == pytest.approx(run.history["seconds"].sum(), abs=0.1)


@pytest.mark.slow
def test_each_batch_of_each_epoch_is_reported_with_the_time_left(recorded: Path, reports: list[Progress]) -> None:
    batches = reports[0].batches
    assert [(p.epoch, p.batch) for p in reports] == [(e, b) for e in (1, 2) for b in range(1, batches + 1)]
    assert {(p.epochs, p.folder) for p in reports} == {(2, str(recorded))}
    assert reports[0].seconds_left is None
    assert reports[-1].seconds_left == pytest.approx(0)
    assert all(p.seconds_left > 0 for p in reports[1:-1])
    assert reports[-1].images_per_second > 0
    assert [p.share for p in reports] == sorted(p.share for p in reports)
    assert reports[-1].share == 1


@pytest.mark.slow
def test_batches_are_those_of_the_epoch_in_every_stage(
    tmp_path: Path, drawn, quick: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, give = [], Batches.__getitem__

    def spied(batches: Batches, number: int) -> Batch:
        served.append(batches.epoch)
        numbers.append(number)
        return give(batches, number)

    numbers: list[int] = []
    monkeypatch.setattr(Batches, "__getitem__", spied)
    config = RunConfig(**{**quick.model_dump(), "epochs": 3, "small_epochs": 1, "batch_size": 16})
    split = split_of(config, drawn)
    fit(config, drawn, split, tmp_path, on_epoch=lambda row: served.append(-row["epoch"]), verbose=0)
    assert served[: served.index(-1)].count(0) == served.index(-1)
    last = served[served.index(-2) : served.index(-3)]
    assert set(last) == {-2, 2}
    assert numbers[-len(last[1:]) :] == list(range(len(last[1:])))
    assert len(last) > 8


@pytest.mark.slow
def test_the_code_version_is_that_of_the_start(recorded: Path) -> None:
    assert read_run(recorded).record.code_version == "begun with"


@pytest.mark.slow
def test_recorded_probabilities_are_those_of_the_exported_network(recorded: Path, drawn) -> None:
    run = read_run(recorded)
    network = Ensemble.of_model(recorded / MODEL)
    for usage, name in (("PublicTest", "public"), ("PrivateTest", "private")):
        indices = drawn.where(usage)
        np.testing.assert_array_equal(run.splits[name].ids, drawn.names[indices])
        np.testing.assert_array_equal(run.splits[name].labels, drawn.labels[indices])
        np.testing.assert_allclose(
            run.splits[name].probabilities, network.probabilities(drawn.images[indices]), atol=2e-3
        )


@pytest.mark.slow
def test_the_kept_and_the_exported_weights_are_those_that_validation_saw(recorded: Path, drawn) -> None:
    run = read_run(recorded)
    network = best_network(run.record.config, recorded / CHECKPOINT)
    validation = split_of(run.record.config, drawn).validation
    images, targets = drawn.images[validation], np.eye(7, dtype=np.float32)[drawn.labels[validation]]
    network.compile(loss=loss(run.record.config), metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")])
    found = network.evaluate(images[..., None], targets, batch_size=len(images), return_dict=True, verbose=0)
    kept = run.history.iloc[run.record.kept_epoch - 1]
    assert found == {name: pytest.approx(kept[f"val_{name}"], rel=1e-3) for name in ("loss", "accuracy")}
    answers = keras.ops.softmax(network.predict(images[..., None], verbose=0))
    exported = Ensemble.of_model(recorded / MODEL, flip_averaging=False)
    np.testing.assert_allclose(exported.probabilities(images), answers, atol=2e-3)


@pytest.mark.slow
def test_validation_and_holdout_are_recorded_apart(recorded: Path, drawn) -> None:
    run = read_run(recorded)
    split = split_training(drawn, seed=0, validation_share=0.3, holdout=True)
    np.testing.assert_array_equal(run.splits["validation"].ids, drawn.names[split.validation])
    np.testing.assert_array_equal(run.splits["holdout"].ids, drawn.names[split.holdout])
    assert run.record.train_images == len(split.train)


@pytest.mark.slow
def test_a_finished_run_started_again_changes_nothing(recorded: Path, drawn) -> None:
    before = read_run(recorded)
    assert train(before.record.config, drawn, recorded, verbose=0) == before.record
    assert read_run(recorded).record == before.record


def test_a_folder_that_no_run_can_be_called_after_is_refused_before_anything_is_written(
    tmp_path: Path, drawn, quick: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".hidden"
    with pytest.raises(RecordError, match=r"can't be called '\.hidden'"):
        train(quick, drawn, folder, verbose=0)
    assert not folder.exists()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run_name(Path()) == "here"


@pytest.mark.slow
def test_a_folder_of_another_run_is_refused(recorded: Path, drawn, quick: RunConfig) -> None:
    with pytest.raises(ValueError, match="another configuration"):
        train(quick, drawn, recorded, verbose=0)


def test_a_record_that_was_brought_here_from_elsewhere_is_not_overwritten(
    recorded_run: Path, drawn, quick: RunConfig
) -> None:
    before = {path.name for path in recorded_run.iterdir()}
    with pytest.raises(ValueError, match="holds a recorded run; choose another folder"):
        train(quick, drawn, recorded_run, verbose=0)
    assert {path.name for path in recorded_run.iterdir()} == before


@pytest.mark.slow
def test_a_second_training_in_the_folder_of_one_that_trains_is_refused_and_harms_nothing(tmp_path: Path, drawn) -> None:
    config, folder, refused = RunConfig(network="cnn", epochs=2, batch_size=64), tmp_path / "run", []

    def train_again(row: dict[str, float]) -> None:
        with pytest.raises(RunFailedError, match=f"another process trains in {folder}"):
            train(config, drawn, folder, verbose=0)
        refused.append(row["epoch"])

    record = train(config, drawn, str(folder), on_epoch=train_again, verbose=0)
    assert refused == [1, 2]
    assert read_run(folder).record == record == train(config, drawn, folder, verbose=0)
    assert {path.name for path in folder.iterdir()} == {CHECKPOINT, CONFIG, MODEL, *RUN_FILES}


def test_a_run_without_its_soft_labels_leaves_no_folder(tmp_path: Path, drawn, quick: RunConfig) -> None:
    config = RunConfig(**{**quick.model_dump(), "soft_labels": str(tmp_path / "none.npz")})
    with pytest.raises(DatasetError, match="no readable soft labels"):
        train(config, drawn, tmp_path / "run", verbose=0)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", [RECORD, PROBABILITIES])
@pytest.mark.slow
def test_a_damaged_record_says_which_file(recorded: Path, tmp_path: Path, name: str) -> None:
    for file in recorded.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 50 if file.name == name else None])
    with pytest.raises(RecordError, match=str(tmp_path)):
        read_run(tmp_path)


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_the_run_with_the_reason(tmp_path: Path, drawn) -> None:
    # A step makes each weight -9 of itself, whatever the pictures say: that surely ends in no number.
    config = RunConfig(network="cnn", epochs=30, batch_size=16, learning_rate=10, schedule="constant", weight_decay=1)
    with pytest.raises(RunFailedError, match=r"the loss is (nan|inf) in epoch \d+, batch \d+: lower learning_rate"):
        train(config, drawn, tmp_path / "run", verbose=0)


@pytest.mark.slow
def test_a_full_disk_ends_the_run_with_the_reason_and_its_checkpoint_stays(tmp_path: Path, drawn, quick) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(row: dict[str, float]) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))

    try:
        with pytest.raises(RunFailedError, match=r"weights\.h5: can't be written \(File too large\)"):
            train(quick, drawn, tmp_path, on_epoch=fill, verbose=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(read_state(tmp_path / CHECKPOINT)["history"]) == 1
    train(quick, drawn, tmp_path, verbose=0)
    assert read_run(tmp_path).history["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize("kind", ["ResourceExhaustedError", "OutOfMemoryError"])
def test_a_backend_without_memory_is_told_in_a_sentence(kind: str) -> None:
    told = pytest.raises(RunFailedError, match="memory is not enough for batches of 4096: lower batch_size")
    with told, enough_memory(4096):
        raise type(kind, (Exception,), {})("OOM when allocating tensor with shape [4096, 64]")


def test_early_stopping_looks_at_the_recorded_history() -> None:
    history = [{"val_accuracy": value} for value in (0.3, 0.5, 0.4, 0.45)]
    assert patience_is_over(history, 2)
    assert not patience_is_over(history, 3)
    assert not patience_is_over(history, None)


def test_one_cycle_rises_to_the_peak_and_falls_to_almost_nothing() -> None:
    schedule = learning_rate(RunConfig(learning_rate=0.1, schedule="one_cycle"), steps=100)
    rates = [float(schedule(step)) for step in range(101)]
    assert rates[0] == pytest.approx(0.004, rel=0.01)
    assert np.argmax(rates) == 25
    assert max(rates) == pytest.approx(0.1, rel=0.01)
    assert rates[-1] < 0.001


def test_new_folders_never_collide(tmp_path: Path) -> None:
    first = new_folder(RunConfig(), tmp_path)
    first.mkdir()
    assert new_folder(RunConfig(), tmp_path) != first


def test_a_network_that_does_not_fit_while_it_is_built_is_told_in_a_sentence(
    tmp_path: Path, drawn, quick: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor")

    monkeypatch.setattr("fer_core.training.fit.compiled", full)
    with pytest.raises(RunFailedError, match="memory is not enough for batches of 64: lower batch_size"):
        fit(quick, drawn, split_of(quick, drawn), tmp_path, verbose=0)
