"""`python -m fer_core predict`: the emotion of each face in pictures."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fer_core.prediction import PicturePrediction, Predictor

SOME_UNREAD, WRONG_USAGE = 1, 2


def predict(
    paths: Annotated[list[Path], typer.Argument(help="pictures, and folders, which are searched through")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="take each picture as one face; look for none")] = False,
    model: Annotated[
        Path | None,
        typer.Option(help="an ensemble card (.json) or one network (.onnx); by default the shipped ensemble"),
    ] = None,
    yunet: Annotated[
        Path | None,
        typer.Option(help="find faces with YuNet, from this file; by default CenterFace", envvar="FER_YUNET"),
    ] = None,
) -> None:
    """Find the faces in pictures and tell the emotion of each.

    Ends with 0 when all pictures were read, with 1 when some were not, and with 2 when it was called wrongly.
    """
    try:
        predictor = _predictor(model, yunet)
        predictions = []
        for prediction in _predictions(paths, predictor, whole=whole):
            predictions.append(prediction.to_json())
            if prediction.error:
                print(prediction.error, file=sys.stderr)
            elif not as_json:
                _print_faces(prediction)
    except (ImportError, ValueError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USAGE) from error
    if as_json:
        print(json.dumps({"images": predictions}, indent=2))
    if any(prediction["error"] for prediction in predictions):
        raise typer.Exit(SOME_UNREAD)


def _predictor(model: Path | None, yunet: Path | None) -> "Predictor":
    from fer_core.prediction.detection import YuNetDetector
    from fer_core.prediction.ensemble import Ensemble
    from fer_core.prediction.predictor import Predictor

    if model is None:
        ensemble = Ensemble.load()
    else:
        ensemble = Ensemble.load(model) if model.suffix.lower() == ".json" else Ensemble.of_model(model)
    return Predictor(ensemble, YuNetDetector(yunet) if yunet else None)


def _predictions(paths: list[Path], predictor: "Predictor", *, whole: bool) -> Iterator["PicturePrediction"]:
    from fer_core.prediction.decode import SUFFIXES
    from fer_core.prediction.predictor import PicturePrediction

    for path in paths:
        if not path.is_dir():
            yield predictor(path, whole=whole)
            continue
        pictures = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not pictures:
            kinds = ", ".join(sorted(SUFFIXES))
            yield PicturePrediction(str(path), None, None, error=f"{path}: no pictures in this folder ({kinds})")
        for picture in pictures:
            yield predictor(picture, whole=whole)


def _print_faces(prediction: "PicturePrediction") -> None:
    print(f"{prediction.path}  {prediction.width}x{prediction.height}")
    if not prediction.faces:
        print("  no face found; --whole takes the whole picture as one")
    for number, face in enumerate(prediction.faces, start=1):
        shares = face.to_json()["probabilities"]
        first, second = (f"{name:<10}{shares[name]:>4.0%}" for name in face.top2)
        place = "x{} y{} {}x{}".format(*face.box)
        print(f"  {number:>2}  {place:<24}{first}  {second}{'' if face.certain else '  not sure'}")
