"""Augmentation as training does it, asked for over a pipe: `python -m fer_core.training.preview`.

An app that must not import Keras starts this once and asks as often as it likes: one line of JSON in, one out.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from threading import Lock

import numpy as np

SIDE = 48


class PreviewError(RuntimeError):
    """The helper process can't be asked; the message says why."""


def _encode(images: np.ndarray) -> dict[str, object]:
    return {"shape": list(images.shape), "data": base64.b64encode(images.tobytes()).decode()}


def _decode(packed: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["data"]), dtype=np.uint8).reshape(packed["shape"])


@dataclass(frozen=True)
class Sheet:
    """Variants of a picture under some layers of a preset.

    Attributes:
        count: how many variants.
        settings: arguments to change, by place of the layer.
        only: apply this one layer alone.
        scale: multiplies the pixels before the layers and divides them afterwards; 1 / 255 shows what layers do to
            pixels in [0, 1].
    """

    count: int
    settings: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    only: int | None = None
    scale: float = 1.0


class Preview:
    """The helper process; started with the first question, asked by one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._lock = Lock()

    def layers(self, preset: str) -> list[dict[str, object]]:
        """The layers of a preset, in order: `name` and `settings`, those arguments of the layer that can be changed.

        Raises:
            PreviewError: no such preset, or the process can't be started.
        """
        return self._ask({"preset": preset})["layers"]

    def augmented(self, image: np.ndarray, preset: str, sheets: Sequence[Sheet], *, seed: int = 0) -> list[np.ndarray]:
        """Random variants of one picture, all sheets in one question.

        Args:
            image: (48, 48) uint8 grayscale.
            preset: a key of `fer_core.training.augmentation.PRESETS`.
            sheets: what is asked for.
            seed: other seeds give other variants.

        Returns:
            For each sheet (count, 48, 48) uint8: rounded and cut to [0, 255], which is what can be shown of what
            training sees.

        Raises:
            PreviewError: an argument is not one of the layer, or the process can't be asked.
        """
        question = {"preset": preset, "image": _encode(image), "seed": seed, "sheets": [asdict(s) for s in sheets]}
        return [_decode(images) for images in self._ask(question)["sheets"]]

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _ask(self, question: dict[str, object]) -> dict:
        with self._lock:
            try:
                if self._process is None or self._process.poll() is not None:
                    self._process = subprocess.Popen(
                        [sys.executable, "-m", "fer_core.training.preview"],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                        text=True,
                        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
                    )
                self._process.stdin.write(json.dumps(question) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except OSError as error:
                raise PreviewError(f"the augmentation process can't be started or asked ({error})") from error
        if not line:
            raise PreviewError("the augmentation process ended; is Keras installed? pip install -r requirements.txt")
        answer = json.loads(line)
        if "error" in answer:
            raise PreviewError(answer["error"])
        return answer


def _answer(question: dict) -> dict[str, object]:
    from fer_core.training.augmentation import PRESETS

    if question["preset"] not in PRESETS:
        raise ValueError(f"preset: expected one of {', '.join(PRESETS)}, got {question['preset']!r}")
    layers = PRESETS[question["preset"]](int(question.get("seed", 0)) * 10)
    if "image" not in question:
        hidden = ("name", "trainable", "dtype", "seed", "data_format")
        described = [{k: v for k, v in layer.get_config().items() if k not in hidden} for layer in layers]
        names = [type(layer).__name__ for layer in layers]
        return {"layers": [{"name": n, "settings": s} for n, s in zip(names, described, strict=True)]}
    image = _decode(question["image"])[None, :, :, None].astype(np.float32)
    return {"sheets": [_encode(_sheet(image, layers, **asked)) for asked in question["sheets"]]}


def _sheet(
    image: np.ndarray, layers: list, *, count: int, settings: dict, only: int | None, scale: float
) -> np.ndarray:
    """(count, 48, 48) uint8 variants of a (1, 48, 48, 1) picture."""
    import keras

    chosen = enumerate(layers) if only is None else [(only, layers[only])]
    x = np.repeat(image, count, axis=0) * scale
    for place, layer in chosen:
        changed = settings.get(str(place), {})
        if unknown := sorted(set(changed) - set(layer.get_config())):
            raise ValueError(f"{type(layer).__name__}: has no argument {', '.join(unknown)}")
        # Made anew for each sheet: a layer's random numbers depend on what it was asked before.
        x = type(layer).from_config({**layer.get_config(), **changed})(x, training=True)
    return np.clip(np.round(keras.ops.convert_to_numpy(x)[..., 0] / scale), 0, 255).astype(np.uint8)


def main() -> None:
    """Answer questions until the pipe is closed."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Whatever a library prints must not come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
