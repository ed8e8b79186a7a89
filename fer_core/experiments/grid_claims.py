"""The report's conclusions about its grid search (section 4): of a whole grid, and of a search through one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fer_core.evaluation.paired import holm
from fer_core.experiments.claims import CHANCE, Claim, adjusted, beyond_chance, in_points, trained_otherwise
from fer_core.experiments.findings import Reproduced, otherwise, paired
from fer_core.experiments.search import Search
from fer_core.networks import NETWORKS
from fer_core.training.grid import SEARCHED
from fer_core.training.presets import REPORT_OPTIMA
from fer_core.words import _


def written_point(point: Mapping[str, Any]) -> str:
    """What a grid goes through, a phrase."""
    return "{learning_rate:g}, {optimizer}, {activation}".format(**point)


def optimum_claim(network: str) -> str:
    """What the report found best for a network, a sentence."""
    point = written_point(REPORT_OPTIMA[network])
    return _("The best for {network}: {point}.").format(network=NETWORKS[network].title, point=point)


def grid_claims(found: Mapping[str, Reproduced], network: str, points: int) -> list[Claim]:
    """Section 4, the search.

    Args:
        found: the recorded runs of one network's grid that were trained in one way, by any name.
        points: runs that its grid has in all.
    """
    optimum, claim = REPORT_OPTIMA[network], optimum_claim(network)
    if len(found) < points:
        return [Claim(claim, _("{known} of the {all} runs are recorded.").format(known=len(found), all=points))]
    ranked = sorted(found.values(), key=lambda each: -each.evaluation.accuracy)
    places = [{name: getattr(each.run.record.config, name) for name in SEARCHED} for each in ranked]
    reports = next(
        place for place, point in enumerate(places) if all(optimum[name] == point[name] for name in SEARCHED)
    )
    others = [paired(ranked[reports], other) for place, other in enumerate(ranked) if place != reports]
    ways = otherwise({network: ranked[0]})
    evidence = _("Best here: {point}, {accuracy:.1%}.").format(
        point=written_point(places[0]), accuracy=ranked[0].evaluation.accuracy
    )
    if not others or None in others:
        return [Claim(claim, evidence + trained_otherwise(ways))]
    evidence += " " + _("The report's optimum against the best other: {points}.").format(points=in_points(others[0]))
    if reports == 0:
        return [Claim(claim, evidence + trained_otherwise(ways), beyond_chance(others[0], ways))]
    # The best of many is better than any one of them by chance alone: p is adjusted for having chosen it.
    p_values = holm(np.array([pair.p_value for pair in others]))
    evidence += " " + adjusted(p_values)
    return [Claim(claim, evidence + trained_otherwise(ways), False if p_values[0] < CHANCE and not ways else None)]


def search_table(search: Search) -> pd.DataFrame:
    """A row a run, best first: what was searched, `accuracy` of its best epoch, `epochs` and how it `ended`."""
    return pd.DataFrame([point.model_dump() for point in search.points]).rename(columns={"val_accuracy": "accuracy"})


def search_claim(search: Search) -> Claim:
    """The report's optimum in a search; on a part of the images nothing is decided."""
    if search.points[0].val_accuracy is None:
        return Claim(optimum_claim(search.network), _("By {how}: all runs diverged.").format(how=search.how))
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
        text += " " + _("The report's optimum could not be trained: its loss diverged.")
    elif place:
        text += " " + _("The report's optimum: place {place} of {all}, {accuracy:.1%}, epochs: {epochs}.").format(
            place=place + 1, all=len(points), accuracy=accuracy, epochs=points[place]["epochs"]
        )
    return Claim(optimum_claim(search.network), text)
