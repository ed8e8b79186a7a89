"""Seconds a frame of the package fer, and how many faces it finds in one.

Run by `benchmarks.live` with the Python of an environment that has it: python peer_fer.py FRAMES.npy, which holds
(n, height, width, 3) uint8 BGR; prints one JSON object.
"""

import json
import sys
import time

import numpy as np

WARM = 3


def measure(detector: object, frames: np.ndarray) -> dict[str, float]:
    for frame in frames[:WARM]:
        detector.detect_emotions(frame)
    began = time.perf_counter()
    faces = sum(len(detector.detect_emotions(frame)) for frame in frames)
    return {"seconds": (time.perf_counter() - began) / len(frames), "faces": faces / len(frames)}


def main() -> None:
    frames, told = np.load(sys.argv[1]), {}
    from fer.fer import FER

    for name, options in (
        ("Haar, HDF5 model under Keras", {"use_tflite": False}),
        ("Haar, TensorFlow Lite", {"use_tflite": True}),
        ("MTCNN, HDF5 model under Keras", {"use_tflite": False, "mtcnn": True}),
    ):
        try:
            told[name] = measure(FER(**options), np.ascontiguousarray(frames))
        except Exception as error:  # whatever keeps this pipeline from running here is what is to be told
            told[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
