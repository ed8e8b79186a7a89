"""Many picture and video files, answered one after another or side by side."""

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain, count
from pathlib import Path

from fer_core.emotions import EMOTIONS
from fer_core.files import walked
from fer_core.parallel import Backend, each
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.decode import SUFFIXES as PICTURE_SUFFIXES
from fer_core.prediction.detection import YuNetDetector, default_detector
from fer_core.prediction.ensemble import THREADS, Ensemble
from fer_core.prediction.errors import VideoError
from fer_core.prediction.predictor import PicturePrediction, Predictor
from fer_core.prediction.video import DEFAULT_FPS, VideoPrediction, VideoProgress, predict_video
from fer_core.prediction.video_frames import SUFFIXES as VIDEO_SUFFIXES
from fer_core.words import _, ask_language_of

Answer = PicturePrediction | VideoPrediction
LOOK_SECONDS = 0.2
"""Between two looks at whether to stop, where there are several jobs."""


@dataclass(frozen=True)
class PredictionSettings:
    """How files are answered.

    Attributes:
        model: an ensemble card (.json), one network (.onnx) or a folder of either; None for the shipped ensemble.
        yunet: file of the face detector YuNet; None for the default detector.
        whole: take each picture as one face.
        fps: frames of a video to look at a second.
        language: of messages and annotated copies of other processes; this one's is that of `ask_language_of`.
        threads: processor threads of one answer.
    """

    model: Path | None = None
    yunet: Path | None = None
    whole: bool = False
    fps: float = DEFAULT_FPS
    language: str = "en"
    threads: int = THREADS


def is_video(path: Path) -> bool:
    """Whether a file's name is that of a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are meant: folders are searched through for pictures and videos, in the order of their names.

    A folder without any is given as it is.
    """
    known = PICTURE_SUFFIXES | VIDEO_SUFFIXES
    for path in paths:
        found = []
        if _asked(path.is_dir, unknown=False):
            inside = (folder / name for folder, names in walked(path) for name in names)
            named = (file for file in inside if file.suffix.lower() in known)
            found = sorted(file for file in named if _asked(file.is_file, unknown=True))
        yield from found or [path]


def _asked(question: Callable[[], bool], *, unknown: bool) -> bool:
    """What a path says of itself; `unknown` where it can't be examined, which whoever reads the file is told."""
    try:
        return question()
    except OSError:
        return unknown


def annotated_files(files: Iterable[Path], target: Path | None) -> dict[Path, Path]:
    """Where the annotated copy of each video goes.

    Args:
        files: what is answered; pictures have no copy.
        target: a file for one video, a folder for several; None for no copies.

    Raises:
        ValueError: there is no video, several and `target` is a file, a copy would replace one of the files, or
            `target` can't be written.
    """
    if target is None:
        return {}
    sources = list(dict.fromkeys(files))
    videos = [file for file in sources if is_video(file)]
    if not videos:
        raise ValueError(f"--annotated: there is no video among the files ({', '.join(sorted(VIDEO_SUFFIXES))})")
    one = not _asked(target.is_dir, unknown=False) and target.suffix
    if one and len(videos) > 1:
        raise ValueError(f"--annotated: {target} is one file for {len(videos)} videos; name a folder")
    copies = {videos[0]: target} if one else _named_apart(videos, target)
    kept = {file.resolve() for file in sources}
    if replaced := [copy for copy in copies.values() if copy.resolve() in kept]:
        raise ValueError(f"--annotated: {replaced[0]} is one of the files to be answered; name another place")
    if one and not _asked(target.parent.is_dir, unknown=False):
        raise ValueError(f"--annotated: {target} can't be written (there is no folder {target.parent})")
    try:
        copies[videos[0]].parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--annotated: {target} can't be written ({error.strerror or error})") from error
    return copies


def _named_apart(videos: Iterable[Path], folder: Path) -> dict[Path, Path]:
    """A copy for each video, called as the video is, with a number where another one is called so too."""
    copies: dict[Path, Path] = {}
    for video in videos:
        names = (f"{video.stem}{number}.mp4" for number in chain([""], (f"-{n}" for n in count(2))))
        copies[video] = next(folder / name for name in names if folder / name not in copies.values())
    return copies


@lru_cache(maxsize=2)
def predictor_of(settings: PredictionSettings) -> Predictor:
    """The predictor that the settings ask for, kept for the files to come.

    Raises:
        ModelError: the model or the detector can't be loaded.
    """
    ensemble = Ensemble.of_file(settings.model or SHIPPED_CARD, settings.threads)
    return Predictor(ensemble, YuNetDetector(settings.yunet) if settings.yunet else default_detector(settings.threads))


def answer_file(
    file: Path,
    settings: PredictionSettings,
    *,
    annotated: Path | None = None,
    on_progress: Callable[[VideoProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Answer:
    """Answer one file; one that can't be read, or whose copy can't be written, is answered with its error.

    Args:
        annotated: of a video, where its annotated copy goes.
        on_progress, cancelled: of a video, see `predict_video`.

    Raises:
        ValueError: model or detector can't be used, or `settings.fps` is out of range.
    """
    predictor = predictor_of(settings)
    if is_video(file):
        try:
            return predict_video(
                file,
                predictor,
                fps=settings.fps,
                annotated=annotated,
                words=tuple(_(emotion) for emotion in EMOTIONS),
                on_progress=on_progress,
                cancelled=cancelled,
            )
        except VideoError as error:
            return VideoPrediction(str(file), fps=settings.fps, error=str(error))
    if _asked(file.is_dir, unknown=False):
        kinds = ", ".join(sorted(PICTURE_SUFFIXES))
        return PicturePrediction(str(file), None, None, error=f"{file}: no pictures in this folder ({kinds})")
    return predictor(file, whole=settings.whole)


def answer_files(
    files: Iterable[Path],
    settings: PredictionSettings,
    *,
    annotated: dict[Path, Path],
    jobs: int = 1,
    backend: Backend = "loky",
    cancelled: Callable[[], bool] | None = None,
    progress_of: Callable[[Path], Callable[[VideoProgress], None] | None] = lambda _: None,
) -> Iterator[Answer]:
    """Answer files in their order.

    Args:
        annotated: of `annotated_files`.
        jobs, backend: see `fer_core.parallel.each`; where there are several jobs, a video's progress is not told.
        cancelled: asked before each frame and file; where there are several jobs, a few times a second, and the files
            in work end at their next frame.
        progress_of: gives for a file what is called with its progress.

    Raises:
        ImportError: Ray is asked for and not installed.
        ValueError: see `answer_file`.
    """
    if jobs == 1 and backend == "loky":
        for file in files:
            if cancelled and cancelled():
                return
            copy, told = annotated.get(file), progress_of(file)
            yield answer_file(file, settings, annotated=copy, on_progress=told, cancelled=cancelled)
        return
    at_once = jobs if jobs > 0 else os.cpu_count() or 1
    alone = replace(settings, threads=max(1, (os.cpu_count() or 1) // at_once))
    with _stop_file(cancelled) as stop:
        try:
            for answer in each(partial(_answer_in_worker, alone, annotated, stop), files, jobs=jobs, backend=backend):
                if answer is not None:
                    yield answer
        except BrokenProcessPool:  # a signal that also reached a worker which was still starting
            if not (cancelled and cancelled()):
                raise


@contextlib.contextmanager
def _stop_file(cancelled: Callable[[], bool] | None) -> Iterator[Path]:
    """A file that is there as soon as `cancelled` says yes: what workers of any kind can look for."""
    with tempfile.TemporaryDirectory(prefix="fer-predict-") as folder:
        stop, over = Path(folder) / "stop", threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_SECONDS):
                if cancelled and cancelled():
                    stop.touch()
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield stop
        finally:
            over.set()
            watcher.join()


def _answer_in_worker(
    settings: PredictionSettings, annotated: dict[Path, Path], stop: Path, file: Path
) -> Answer | None:
    """The answer; None where the stop came before it was begun."""
    if multiprocessing.parent_process():  # a terminal signals the workers too; their parent says when to end
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    if stop.exists():
        return None
    ask_language_of(lambda: settings.language)
    return answer_file(file, settings, annotated=annotated.get(file), cancelled=stop.exists)
