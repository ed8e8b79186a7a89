"""Training as it is done here beside the report's way, on the same network and the same images.

The report's way: float32, batches of 32, and the augmented copies joined to the originals in memory as one float array.
Each way runs in a process of its own, which tells its pace and its peak memory.

    python benchmarks/training.py --data archive.zip --seconds 20
"""

import json
import os
import resource
import subprocess
import sys
import time
from typing import Annotated

import numpy as np
import typer

WAYS = ("ours", "report")
WARM_UP_STEPS = 3
NETWORK = "simple_cnn"


def measure(way: str, data: str, seconds: float, batch_size: int) -> dict[str, float]:
    """Pace after the first steps, share of an epoch's time outside of the steps, and peak memory."""
    import keras

    from fer_core.datasets.store import open_dataset
    from fer_core.training.batches import Batches
    from fer_core.training.compile import compiled
    from fer_core.training.config import RunConfig
    from fer_core.training.fit import network_of, precision_policy
    from fer_core.training.presets import report_preset
    from fer_core.training.split import split_of

    report = report_preset(NETWORK)
    changes = {"batch_size": 32, "precision": "float32"} if way == "report" else {"batch_size": batch_size}
    config = RunConfig(**{**report.model_dump(), **changes})
    dataset = open_dataset(data)
    split = split_of(config, dataset)
    policy = precision_policy(config)
    keras.mixed_precision.set_dtype_policy(policy)
    batches = Batches(dataset, split.train, config)
    model = compiled(network_of(config), config, steps=len(batches))
    times: list[float] = []

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            times.append(time.perf_counter())
            if times[-1] - times[0] > seconds:
                self.model.stop_training = True

    if way == "ours":
        model.fit(batches, epochs=100, verbose=0, callbacks=[Clock()])
    else:
        x, y = joined_in_memory(dataset, split.train, config)
        plain = network_of(config)
        plain.compile(model.optimizer.__class__(learning_rate=config.learning_rate), loss=model.loss)
        plain.fit(x, y, batch_size=32, epochs=100, verbose=0, callbacks=[Clock()])
    measured = np.diff(times[WARM_UP_STEPS:])
    return {
        "images_per_second": config.batch_size * len(measured) / measured.sum(),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "steps": len(measured),
        "policy": policy,
        "batch_size": config.batch_size,
    }


def joined_in_memory(dataset: object, indices: np.ndarray, config: object) -> tuple[np.ndarray, np.ndarray]:
    """The report's training arrays: all originals and all augmented copies as float32 in [0, 1]."""
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


def main(
    data: Annotated[str, typer.Option(help="FER2013 in any form, or 'drawn'")] = "drawn",
    seconds: Annotated[float, typer.Option(help="to measure each way for")] = 20.0,
    batch_size: Annotated[int, typer.Option(help="of our way")] = 128,
    way: Annotated[str | None, typer.Option(help="measure one way in this process")] = None,
) -> None:
    if way:
        print(json.dumps(measure(way, data, seconds, batch_size)))
        return
    found = {}
    for name in WAYS:
        options = ["--way", name, "--data", data, "--seconds", str(seconds), "--batch-size", str(batch_size)]
        quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
        done = subprocess.run(
            [sys.executable, __file__, *options], capture_output=True, text=True, env=quiet, check=True
        )
        found[name] = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{name:<7}"
            + ", ".join(
                f"{key} {value:,.0f}" if isinstance(value, float) else f"{key} {value}"
                for key, value in found[name].items()
            )
        )
    ours, report = (found[name] for name in WAYS)
    pace = ours["images_per_second"] / report["images_per_second"]
    print(f"images a second: {pace:.2f} times the report's way (goal 2)")
    print(f"peak memory: {ours['peak_mib'] / report['peak_mib']:.2f} of the report's way (goal below 0.5)")


if __name__ == "__main__":
    typer.run(main)
