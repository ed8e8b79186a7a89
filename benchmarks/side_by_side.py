"""Two trainings side by side with a thread each, beside one that has two threads: which trains more images a second.

    python -m benchmarks.side_by_side --data archive.zip --network densenet121

Each training is a process of its own. The two need twice the memory, so on large networks look at that too.
"""

import json
import os
import subprocess
import sys
from typing import Annotated

import typer


def pace_of(count: int, threads: int, options: list[str]) -> float:
    """Images a second of so many trainings at once, all together."""
    limits = {name: str(threads) for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")}
    command = [sys.executable, "-m", "benchmarks.training", "--way", "ours", *options]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"} | limits
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(count)]
    answers = [process.communicate()[0] for process in running]
    for process in running:
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: ended with {process.returncode}")
    return sum(json.loads(answer.splitlines()[-1])["images_per_second"] for answer in answers)


def main(
    data: Annotated[str, typer.Option(help="FER2013 in any form, or 'drawn'")] = "drawn",
    network: Annotated[str, typer.Option(help="one of the report's")] = "simple_cnn",
    seconds: Annotated[float, typer.Option(help="to measure each for")] = 40.0,
    batch_size: Annotated[int, typer.Option(help="images in one gradient step")] = 32,
) -> None:
    options = ["--data", data, "--network", network, "--seconds", str(seconds), "--batch-size", str(batch_size)]
    one, two = pace_of(1, 2, options), pace_of(2, 1, options)
    print(f"{network}: one with two threads {one:,.0f} images/s, two with one thread each {two:,.0f} together")
    print(f"side by side: {two / one:.2f} times the images a second")


if __name__ == "__main__":
    typer.run(main)
