"""Training as it is done here beside the report's way, on the same network and the same images.

The report's way: float32, batches of 32, and the augmented copies joined to the originals in memory as one float array.
Each way runs in a process of its own, which tells its pace and its peak memory. Then one epoch as a run has it
(batches, progress, MLflow, checkpoint) beside the same steps and the same validation on images that lie ready: what is
left is the epoch's overhead.

    python -m benchmarks.training --data archive.zip --seconds 20

A processor that multiplies in bfloat16 (AVX512_BF16, AMX) gets its gain from that, and more with `--batch-size 128`. In
float32 both ways do the same multiplications, ours with oneDNN's kernels, the report's as Keras compiles it by itself
(XLA): there only the memory differs much.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

WAYS = ("ours", "report", "epoch")
WARM_UP_STEPS = 3
CHEAPEST = "cnn"
"""The network whose epoch is shortest, so that overhead weighs most."""


def prepared(network: str, data: str, changes: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The report's optimum of a network with changes, the data set and its split."""
    import keras

    from fer_core.datasets.store import open_dataset
    from fer_core.training.config import RunConfig
    from fer_core.training.devices import precision_policy
    from fer_core.training.presets import report_preset
    from fer_core.training.split import split_of

    config = RunConfig(**{**report_preset(network).model_dump(), **changes})
    dataset = open_dataset(data)
    keras.mixed_precision.set_dtype_policy(precision_policy(config))
    return config, dataset, split_of(config, dataset)


def pace(way: str, network: str, data: str, seconds: float, batch_size: int) -> dict[str, float | str]:
    """Images a second after the first steps, by the clock and by the processor time used, and peak memory."""
    import keras

    from fer_core.training.batches import Batches
    from fer_core.training.compile import compiled
    from fer_core.training.fit import network_of

    report = {"batch_size": 32, "precision": "float32"}
    changes = report if way == "report" else {"batch_size": batch_size}
    config, dataset, split = prepared(network, data, {"pretrained": False, **changes})
    times: list[float] = []
    processor: list[float] = []

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            times.append(time.perf_counter())
            processor.append(time.process_time())
            if times[-1] - times[0] > seconds:
                self.model.stop_training = True

    if way == "ours":
        batches = Batches(dataset, split.train, config)
        compiled(network_of(config), config, steps=1000).fit(batches, epochs=100, verbose=0, callbacks=[Clock()])
    else:
        x, y = joined_in_memory(dataset, split.train, config)
        plain = network_of(config)
        with_loss = compiled(network_of(config), config, steps=1000)
        plain.compile(with_loss.optimizer.__class__(learning_rate=config.learning_rate), loss=with_loss.loss)
        plain.fit(x, y, batch_size=32, epochs=100, verbose=0, callbacks=[Clock()])
    steps = len(times) - 1 - WARM_UP_STEPS
    return {
        "images_per_second": config.batch_size * steps / (times[-1] - times[WARM_UP_STEPS]),
        "images_per_processor_second": config.batch_size * steps / (processor[-1] - processor[WARM_UP_STEPS]),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "steps": steps,
        "policy": keras.config.dtype_policy().name,
        "batch_size": config.batch_size,
    }


def joined_in_memory(dataset: Any, indices: np.ndarray, config: Any) -> tuple[np.ndarray, np.ndarray]:
    """The report's training arrays: all originals and all augmented copies as float32."""
    from fer_core.datasets.sampling import oversample
    from fer_core.emotions import EMOTIONS
    from fer_core.training.augmentation import PRESETS

    positions, is_copy = oversample(dataset.labels[indices], config.sampling)
    originals = dataset.images[indices[positions[~is_copy]]][..., None].astype(np.float32)
    copies = dataset.images[indices[positions[is_copy]]][..., None].astype(np.float32)
    layers = PRESETS[config.augmentation](config.seed)
    changed = []
    for begin in range(0, len(copies), 1024):
        part = copies[begin : begin + 1024]
        for layer in layers:
            part = layer(part, training=True)
        changed.append(np.asarray(part))
    labels = np.concatenate([dataset.labels[indices[positions[mask]]] for mask in (~is_copy, is_copy)])
    # The network here scales pixels itself, so the range stays what it takes.
    return np.concatenate([originals, *changed]), np.eye(len(EMOTIONS), dtype=np.float32)[labels]


def epoch(data: str, batch_size: int) -> dict[str, float]:
    """Seconds of the second epoch of a run, and of its steps and its validation alone; processor time beside it."""
    import keras

    from fer_core.training import fit as fitting
    from fer_core.training.batches import Batches
    from fer_core.training.progress import reporter
    from fer_core.training.tracking import Tracker

    changes = {"batch_size": batch_size, "sampling": "none", "augment": "all", "epochs": 2, "early_stopping": None}
    config, dataset, split = prepared(CHEAPEST, data, changes)
    kept: list[keras.Model] = []
    compiled = fitting.compiled
    fitting.compiled = lambda *arguments, **options: kept.append(compiled(*arguments, **options)) or kept[-1]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        os.environ["FER_PROGRESS"] = f"{folder}/progress.json"
        tracker, ends = Tracker("benchmark", config, dataset.fingerprint), []
        tracker.begin()

        def on_epoch(row: dict[str, float]) -> None:
            tracker.log_epoch(row)
            ends.append((time.perf_counter(), time.process_time()))

        fitting.fit(config, dataset, split, Path(folder), on_epoch=on_epoch, report=reporter(), verbose=0)
    model, steps = kept[-1], len(split.train) // batch_size
    batch = Batches(dataset, split.train, config)[0]
    images = dataset.images[split.validation[: fitting.EVALUATION_BATCH]][..., None]
    ready = {"images": images, "augment": np.zeros((len(images), 1), np.float32)}
    targets = np.eye(7, dtype=np.float32)[dataset.labels[split.validation[: len(images)]]]
    train, test = (
        median_of(lambda: model.train_on_batch(*batch)),
        median_of(lambda: model.test_on_batch(ready, targets)),
    )
    whole = np.diff(ends, axis=0)[0]
    network_alone = train * steps + test * len(split.validation) / len(images)
    return {
        "epoch_seconds": whole[0],
        "network_seconds": network_alone[0],
        "epoch_processor_seconds": whole[1],
        "network_processor_seconds": network_alone[1],
        "steps": steps,
    }


def median_of(step: Any, times: int = 40) -> np.ndarray:
    """Median seconds of a step, by the clock and of processor time, after a few steps that warm up."""
    marks = []
    for _ in range(times + WARM_UP_STEPS + 1):
        marks.append((time.perf_counter(), time.process_time()))
        step()
    return np.median(np.diff(marks, axis=0)[WARM_UP_STEPS:], axis=0)


def main(
    data: Annotated[str, typer.Option(help="FER2013 in any form, or 'drawn'")] = "drawn",
    network: Annotated[str, typer.Option(help="one of the report's")] = "simple_cnn",
    seconds: Annotated[float, typer.Option(help="to measure each way for")] = 20.0,
    batch_size: Annotated[int, typer.Option(help="of our way")] = 64,
    way: Annotated[str | None, typer.Option(help="measure one way in this process")] = None,
) -> None:
    if way:
        if way != "report":
            import fer_core  # noqa: F401 - sets what TensorFlow reads when Keras imports it; the report's way has defaults
        own = epoch(data, batch_size) if way == "epoch" else pace(way, network, data, seconds, batch_size)
        print(json.dumps(own))
        return
    found = {}
    for name in WAYS:
        options = ["--way", name, "--data", data, "--network", network, "--seconds", str(seconds)]
        quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
        command = [sys.executable, "-m", "benchmarks.training", *options, "--batch-size", str(batch_size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=quiet, check=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
        told = (
            f"{key} {value:,.1f}" if isinstance(value, float) else f"{key} {value}"
            for key, value in found[name].items()
        )
        print(f"{name:<7}", ", ".join(told))
    ours, report, whole = (found[name] for name in WAYS)
    times, work = (ours[key] / report[key] for key in ("images_per_second", "images_per_processor_second"))
    print(f"images a second: {times:.2f} times the report's way (goal 2); a second of processor time: {work:.2f} times")
    print(f"peak memory: {ours['peak_mib'] / report['peak_mib']:.2f} of the report's way (goal below 0.5)")
    share, work = (1 - whole[f"network_{kind}"] / whole[f"epoch_{kind}"] for kind in ("seconds", "processor_seconds"))
    print(f"an epoch's overhead: {share:.1%} (goal below 5%); of its processor time: {work:.1%}")


if __name__ == "__main__":
    typer.run(main)
