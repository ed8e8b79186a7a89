"""The drawn sample set in every wrapping that FER2013 comes in."""

import zipfile
from pathlib import Path

import cv2
import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.emotions import ALIASES, EMOTIONS, FER2013_CSV_ORDER

REAL = Path(__file__).parents[3] / "shared" / "fer2013"
SHORT_NAMES = {long: short for short, long in ALIASES.items() if short != long}


def png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def picture_files(dataset: FaceDataset, names: str = "fer2013") -> dict[str, bytes]:
    """Path -> bytes. `fer2013`: train/angry/im0.png; `msambare`: train/anger/Training_0.jpg (told by content)."""
    files, numbers = {}, {}
    for image, label, usage in zip(dataset.images, dataset.labels, dataset.usage, strict=True):
        split, emotion = "train" if usage == "Training" else "test", EMOTIONS[label]
        number = numbers[split, emotion] = numbers.get((split, emotion), -1) + 1
        if names == "fer2013":
            files[f"{split}/{emotion}/im{number}.png"] = png(image)
        else:
            files[f"{split}/{SHORT_NAMES.get(emotion, emotion)}/{usage}_{number}.jpg"] = png(image)
    return files


def csv_text(dataset: FaceDataset) -> str:
    rows = [
        f"{FER2013_CSV_ORDER.index(EMOTIONS[label])},{' '.join(map(str, image.ravel()))},{usage}"
        for image, label, usage in zip(dataset.images, dataset.labels, dataset.usage, strict=True)
    ]
    return "\n".join(["emotion,pixels,Usage", *rows]) + "\n"


def write_folder(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_zip(files: dict[str, bytes], path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(prefix + name, data)
    return path
