"""FER2013 as one picture file an image: `train/<emotion>/im12.png`, `test/<emotion>/PublicTest_123.jpg`."""

import lzma
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE, SPLITS, USAGES
from fer_core.datasets.errors import DatasetError, Progress
from fer_core.datasets.fer2013 import EXPECTED_COUNTS, PUBLIC_TEST_COUNTS
from fer_core.datasets.parts import PART_SIZE, Part
from fer_core.datasets.report import ImportReport
from fer_core.emotions import ALIASES, EMOTIONS
from fer_core.opencv import cv2

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
MAX_FILE_BYTES = 1 << 17
"""Of 48x48 pixels far less is needed; of more, a packed picture could unfold to gigabytes."""
MOST_FOLDERS = 1000
"""In a folder of pictures; those of FER2013 have 16."""
UNREADABLE = (
    ValueError,
    OSError,
    EOFError,
    OverflowError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    cv2.error,
)
"""What a damaged, encrypted or vanished file raises."""


@dataclass(frozen=True)
class PictureFile:
    """One image file: where it stands and what its path says about it.

    Attributes:
        path: inside the folder or archive.
        split: `train` or `test`.
        number: at the end of the file name; -1 where there is none.
        usage: where the file name says one that its split has.
    """

    path: str
    split: str
    emotion: str
    number: int
    usage: str | None

    @property
    def name(self) -> str:
        """The same in every wrapping with these file names: `train/fearful/im12.png`."""
        return f"{self.split}/{self.emotion}/{PurePosixPath(self.path).name}"


def picture_file(path: str) -> PictureFile | None:
    """Read split, class and number off a path; None for any other file."""
    pure = PurePosixPath(path)
    if pure.suffix.lower() not in IMAGE_SUFFIXES or len(pure.parts) < 3 or pure.name.startswith("._"):
        return None
    split, emotion = pure.parts[-3].lower(), ALIASES.get(pure.parts[-2].lower())
    if split not in ("train", "test") or emotion is None:
        return None
    digits = re.search(r"(\d+)$", pure.stem)
    usage = _named_usage(path)
    return PictureFile(
        path, split, emotion, int(digits[1]) if digits else -1, usage if usage in SPLITS[split] else None
    )


def _named_usage(path: str) -> str | None:
    return next((usage for usage in USAGES if PurePosixPath(path).stem.startswith(usage)), None)


def _named_otherwise(files: list[PictureFile]) -> list[str]:
    """A sentence for each split with files whose names say another one."""
    warnings = []
    for split in ("train", "test"):
        named = [file.path for file in files if file.split == split and not file.usage and _named_usage(file.path)]
        if named:
            warnings.append(
                f"{split}: {len(named):,} file(s) are named as if of another split, e.g. {named[0]}; the folder counts"
            )
    return warnings


def _elsewhere(paths: Iterable[str]) -> list[str]:
    """A sentence for each folder with pictures that stand in no class of `train` or `test`; hidden ones don't count."""
    found: Counter[str] = Counter()
    for path in paths:
        pure = PurePosixPath(path)
        folders = [part.lower() for part in pure.parts[:-1]]
        picture = pure.suffix.lower() in IMAGE_SUFFIXES and not any(part.startswith(".") for part in pure.parts)
        if picture and folders and folders[-2:-1] not in (["train"], ["test"]):
            found[str(pure.parent.parent if folders[-1] in ALIASES and len(folders) > 1 else pure.parent)] += 1
    return [
        f"{folder}/: {count:,} picture(s) left out, as only train/<emotion>/ and test/<emotion>/ are read"
        for folder, count in sorted(found.items())
    ]


def _left_out(paths: Iterable[str]) -> list[str]:
    """A sentence for each file in `train` or `test` that is no picture of a known class; hidden files don't count."""
    left = []
    for path in paths:
        pure = PurePosixPath(path)
        if len(pure.parts) < 3 or pure.parts[-3].lower() not in ("train", "test") or pure.name.startswith("."):
            continue
        if pure.parts[-2].lower() not in ALIASES:
            left.append(f"{path}: {pure.parts[-2]!r} is none of the seven emotions; skipped")
        elif pure.suffix.lower() not in IMAGE_SUFFIXES and pure.name.lower() != "thumbs.db":
            left.append(f"{path}: expected {', '.join(IMAGE_SUFFIXES)}, got {pure.suffix or 'no ending'}; skipped")
    return sorted(left)


def list_pictures(paths: Iterable[str], report: ImportReport) -> list[PictureFile]:
    """The pictures among `paths`: training first, by class and number.

    Raises:
        DatasetError: there are none, or a class has none in training or test.
    """
    paths = list(paths)
    left_out = _left_out(paths)
    example = f" ({left_out[0]})" if left_out else ""
    files = sorted(
        filter(None, map(picture_file, paths)),
        key=lambda file: (file.split != "train", EMOTIONS.index(file.emotion), file.number, file.path),
    )
    if not files:
        raise DatasetError(
            f"{report.source}: no pictures under train/<emotion>/ or test/<emotion>/ "
            f"(emotions: {', '.join(EMOTIONS)}); give the folder or zip that holds train/ and test/{example}"
        )
    report.skipped += left_out
    report.warnings += _elsewhere(paths) + _named_otherwise(files)
    first = {file.name: file for file in reversed(files)}
    report.skipped += [
        f"{file.path}: {file.name} stands twice, first as {first[file.name].path}; skipped"
        for file in files
        if file is not first[file.name]
    ]
    files = [file for file in files if file is first[file.name]]
    if others := [emotion for emotion, found in _without_usage(files).items() if _places(emotion, found) is None]:
        report.warnings.append(
            f"test: the files of {', '.join(others)} are not FER2013's (im<number>); by number and name, the first "
            "half of each class is taken for PublicTest, the rest for PrivateTest"
        )
    for split in ("train", "test"):
        present = {file.emotion for file in files if file.split == split}
        if missing := [emotion for emotion in EMOTIONS if emotion not in present]:
            folders = ", ".join(f"{split}/{name}/" for name in missing)
            raise DatasetError(
                f"{report.source}: no pictures in {folders}; every class needs some: get the whole set{example}"
            )
    return files


def _without_usage(files: list[PictureFile]) -> dict[str, list[PictureFile]]:
    """The test files of each class whose names don't say their usage."""
    found: defaultdict[str, list[PictureFile]] = defaultdict(list)
    for file in files:
        if file.split == "test" and not file.usage:
            found[file.emotion].append(file)
    return found


def _places(emotion: str, files: list[PictureFile]) -> list[int] | None:
    """Where each of a class's test files stands among FER2013's; None where they are other pictures."""
    count = EXPECTED_COUNTS["test"][EMOTIONS.index(emotion)]
    if len(files) == count:
        return list(range(count))
    numbers = [file.number for file in files]
    named = all(re.fullmatch(r"im\d+", PurePosixPath(file.path).stem) for file in files)
    return numbers if named and max(numbers) < count and len(set(numbers)) == len(numbers) else None


def usages(files: list[PictureFile]) -> list[str]:
    """Official usage of each file: from its name, else from its number.

    Within one class the numbers of FER2013's test files run in the order of the original table, where PublicTest comes
    first. Pictures that are not numbered like these are divided in the middle of each class.
    """
    public: set[str] = set()
    for emotion, found in _without_usage(files).items():
        places = _places(emotion, found)
        most = PUBLIC_TEST_COUNTS[emotion] if places else (len(found) + 1) // 2
        ordered = zip(found, places or range(len(found)), strict=True)
        public.update(file.path for file, place in ordered if place < most)

    def usage(file: PictureFile) -> str:
        if file.split == "train":
            return "Training"
        return file.usage or ("PublicTest" if file.path in public else "PrivateTest")

    return [usage(file) for file in files]


def decode(data: bytes) -> np.ndarray:
    """Bytes of a picture -> (48, 48) uint8 grayscale.

    Raises:
        ValueError: not a picture, or another size; the message says which.
    """
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if image is None:
        raise ValueError("can't be decoded as a picture")
    if image.shape != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"is {image.shape[1]}x{image.shape[0]}, expected {IMAGE_SIZE}x{IMAGE_SIZE}")
    return image


def read_pictures(
    files: list[PictureFile],
    read: Callable[[str], bytes],
    keep: Callable[[int, Callable[[], Part]], Part],
    progress: Progress | None,
) -> list[Part]:
    """Decode all files, part by part; `progress` is called after each part."""
    known = usages(files)

    def read_part(start: int) -> Part:
        images, kept, skipped = [], [], []
        for position, file in enumerate(files[start : start + PART_SIZE], start):
            try:
                images.append(decode(read(file.path)))
                kept.append(position)
            except UNREADABLE as error:
                skipped.append(f"{file.name}: {error}; skipped")
        return Part(
            images=np.array(images, dtype=np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE),
            labels=np.array([EMOTIONS.index(files[i].emotion) for i in kept], dtype=np.int64),
            usage=np.array([known[i] for i in kept], dtype=np.str_),
            names=np.array([files[i].name for i in kept], dtype=np.str_),
            skipped=np.array(skipped, dtype=np.str_),
        )

    parts = []
    for start in range(0, len(files), PART_SIZE):
        parts.append(keep(start // PART_SIZE, lambda start=start: read_part(start)))
        if progress:
            progress(min(start + PART_SIZE, len(files)), len(files))
    return parts
