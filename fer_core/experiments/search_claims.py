"""What a search of a grid says of the report's section 4."""

import pandas as pd

from fer_core.experiments.claims import Claim, optimum_claim, written_point
from fer_core.experiments.search import Search
from fer_core.training.grid import SEARCHED
from fer_core.training.presets import REPORT_OPTIMA
from fer_core.words import _


def search_table(search: Search) -> pd.DataFrame:
    """A row a run, best first: what was searched, `accuracy` of its best epoch, `epochs` and how it `ended`."""
    return pd.DataFrame([point.model_dump() for point in search.points]).rename(columns={"val_accuracy": "accuracy"})


def search_claim(search: Search) -> Claim:
    """The report's optimum in a search; on a part of the images nothing is decided."""
    if search.points[0].val_accuracy is None:
        return Claim(optimum_claim(search.network), _("By {how}: every run failed.").format(how=search.how))
    points = [point.model_dump() for point in search.points]
    optimum = {name: REPORT_OPTIMA[search.network][name] for name in SEARCHED}
    place = next(n for n, point in enumerate(points) if all(point[name] == optimum[name] for name in SEARCHED))
    text = _("By {how}: best is {point}, {accuracy:.1%}, epochs: {epochs}.").format(
        how=search.how,
        point=written_point(points[0]),
        accuracy=points[0]["val_accuracy"],
        epochs=points[0]["epochs"],
    )
    accuracy = points[place]["val_accuracy"]
    if accuracy is None:
        text += " " + _("The report's optimum failed.")
    elif place:
        text += " " + _("The report's optimum: place {place} of {all}, {accuracy:.1%}, epochs: {epochs}.").format(
            place=place + 1, all=len(points), accuracy=accuracy, epochs=points[place]["epochs"]
        )
    return Claim(optimum_claim(search.network), text)
