"""`python -m fer_core predict`: the emotion of each face in pictures and videos."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fer_core.commands.told import check_writable

if TYPE_CHECKING:
    from fer_core.prediction.batch import Answer
    from fer_core.prediction.predictor import PicturePrediction
    from fer_core.prediction.video import VideoPrediction, VideoProgress

SOME_UNREAD, WRONG_USAGE = 1, 2


def predict(
    paths: Annotated[list[Path], typer.Argument(help="pictures, videos, and folders, which are searched through")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="take each picture as one face; look for none")] = False,
    csv: Annotated[Path | None, typer.Option(help="write a row for each face, and frame of a video, here")] = None,
    annotated: Annotated[
        Path | None, typer.Option(help="write the video with its faces drawn in here (MP4); a folder for several")
    ] = None,
    fps: Annotated[float, typer.Option(help="frames of a video to look at a second")] = 5.0,
    language: Annotated[
        Literal["en", "ko"], typer.Option(help="of messages and of what is written into annotated videos")
    ] = "en",
    jobs: Annotated[int, typer.Option(help="files at the same time; -1 for one a core")] = 1,
    backend: Annotated[Literal["loky", "ray"], typer.Option(help="where jobs run: processes here, or Ray")] = "loky",
    model: Annotated[
        Path | None,
        typer.Option(
            help="an ensemble card (.json), one network (.onnx) or a folder of either; by default the shipped ensemble"
        ),
    ] = None,
    yunet: Annotated[
        Path | None,
        typer.Option(help="find faces with YuNet, from this file; by default CenterFace", envvar="FER_YUNET"),
    ] = None,
) -> None:
    """Find the faces in pictures and videos and tell the emotion of each.

    Ends with 0 when all files were read, with 1 when some were not or it was stopped (what was answered until then is
    kept; a second Ctrl-C ends at once and keeps nothing), and with 2 when it was called wrongly.
    """
    answers: list[Answer] = []
    try:
        from fer_core.interrupt import stop_asked
        from fer_core.prediction.batch import PredictionSettings, annotated_files, answer_files, files_of, is_video
        from fer_core.prediction.table import printable
        from fer_core.words import ask_language_of

        ask_language_of(lambda: language)
        if jobs == 0:
            raise ValueError("--jobs: expected 1 or more, or -1 for one a core, got 0")
        if csv:
            check_writable("--csv", csv, in_place=True)
        files = list(files_of(paths))
        if csv and csv.resolve() in {file.resolve() for file in files}:
            raise ValueError(f"--csv: {csv} is one of the files to be read; choose another place")
        if whole and any(map(is_video, files)):
            print("--whole: is for pictures; in videos faces are looked for all the same", file=sys.stderr)
        with stop_asked() as stopped:
            for answer in answer_files(
                files,
                PredictionSettings(model, yunet, whole, fps, language),
                annotated=annotated_files(files, annotated),
                jobs=jobs,
                backend=backend,
                cancelled=stopped,
                progress_of=_progress,
            ):
                answers.append(answer)
                _tell(answer, quiet=as_json)
                if jobs != 1:
                    print(f"{len(answers)} of {len(files)}: {printable(answer.path)}", file=sys.stderr)
            unfinished = stopped()
        if as_json:
            print(json.dumps(_as_json(answers), indent=2))
        if csv:
            _write_csv(answers, csv)
    except (ImportError, ValueError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USAGE) from error
    if unfinished:
        print(f"stopped: {len(answers)} of {len(files)} files were begun", file=sys.stderr)
    if unfinished or any(answer.error for answer in answers):
        raise typer.Exit(SOME_UNREAD)


def _as_json(answers: list["Answer"]) -> dict[str, list]:
    from fer_core.prediction.video import VideoPrediction

    videos = [answer.to_json() for answer in answers if isinstance(answer, VideoPrediction)]
    images = [answer.to_json() for answer in answers if not isinstance(answer, VideoPrediction)]
    return {"images": images, "videos": videos} if videos else {"images": images}


def _write_csv(answers: list["Answer"], path: Path) -> None:
    import pandas as pd

    from fer_core.prediction.table import as_frame, printable
    from fer_core.prediction.video import VideoPrediction

    videos = [answer for answer in answers if isinstance(answer, VideoPrediction)]
    pictures = [answer for answer in answers if not isinstance(answer, VideoPrediction)]
    tables = [table.assign(file=printable(video.path)) for video in videos if len(table := video.table())]
    tables += [as_frame(pictures)] if pictures or not tables else []
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "file", table.pop("file"))
    try:
        table.to_csv(path, index=False)
    except OSError as error:
        raise ValueError(f"--csv: {path} can't be written ({error.strerror or error})") from error


def _progress(file: Path) -> Callable[["VideoProgress"], None]:
    from fer_core.progress import ProgressFile

    told, shown = ProgressFile(), sys.stderr.isatty()

    def tell(progress: "VideoProgress") -> None:
        total = progress.total or 0.0
        left = -1.0 if progress.left is None else progress.left
        told.write(file.name, int(progress.done * 1000), int(total * 1000), left=left)
        if shown:
            whole = f" of {total:.0f} s" if total else " s, of how many is not known"
            rest = "" if progress.left is None else f", {progress.left:.0f} s left"
            print(f"\r{file.name}: {progress.done:.0f}{whole}{rest}   ", end="", file=sys.stderr)

    return tell


def _tell(answer: "Answer", *, quiet: bool) -> None:
    from fer_core.prediction.video import VideoPrediction

    if answer.error:
        print(answer.error, file=sys.stderr)
    elif isinstance(answer, VideoPrediction):
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
        if answer.notice:
            print(answer.notice, file=sys.stderr)
        if not quiet:
            _print_video(answer)
    elif not quiet:
        _print_faces(answer)


def _print_video(video: "VideoPrediction") -> None:
    from fer_core.prediction.table import printable

    stopped = ", stopped before its end" if video.cancelled else ""
    seconds = video.seconds if video.cancelled else max(video.length or 0.0, video.seconds)
    frames = _counted(video.frames, "frame")
    print(f"{printable(video.path)}  {video.width}x{video.height}  {frames}, {seconds:.1f} s{stopped}")
    found = video.to_json()
    if not found["faces"]:
        print("  no face found")
        return
    faces = _counted(len(found["faces"]), "face")
    print(f"  {faces}, seen for {sum(face['seconds'] for face in found['faces']):.1f} s in all")
    for row in video.totals().sort_values("seconds", ascending=False).itertuples():
        if row.seconds:
            print(f"  {row.emotion:<10}{row.share:>5.0%}  {row.seconds:.1f} s")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _print_faces(prediction: "PicturePrediction") -> None:
    from fer_core.prediction.table import printable

    print(f"{printable(prediction.path)}  {prediction.width}x{prediction.height}")
    if not prediction.faces:
        print("  no face found; --whole takes the whole picture as one")
    for number, face in enumerate(prediction.faces, start=1):
        shares = face.to_json()["probabilities"]
        first, second = (f"{name:<10}{shares[name]:>4.0%}" for name in face.top2)
        place = "x{} y{} {}x{}".format(*face.box)
        print(f"  {number:>2}  {place:<24}{first}  {second}{'' if face.certain else '  not sure'}")
