"""`python -m fer_core reproduce`: the report's experiments, run and recorded."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fer_core.commands.told import FAILED, STOPPED, told

if TYPE_CHECKING:
    from fer_core.experiments.catalogue import Experiment


def reproduce(
    *,
    status: Annotated[
        bool, typer.Option("--status", help="list the experiments and how they stand; run nothing")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="an experiment, a group (matrix, base, grid, ensemble) or a pattern")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="also those recorded in another way than the report's")
    ] = False,
    short: Annotated[
        bool, typer.Option("--short", help="5 epochs in place of the report's 10 or 15, recorded as partial")
    ] = False,
    search: Annotated[
        bool, typer.Option("--search", help="grids by successive halving on a tenth of the training part")
    ] = False,
    data: Annotated[str, typer.Option(help="FER2013 in any form; by default the imported set")] = "",
    to: Annotated[Path | None, typer.Option(help="folder of the records; by default the product's own")] = None,
    threads: Annotated[int, typer.Option(help="processor threads", min=1)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="the status as one JSON object")] = False,
) -> None:
    """Run what is missing of the report's experiments, one after the other; what is recorded is skipped.

    Started twice, each trains what the other does not.
    """
    from fer_core.datasets.audit import recorded_audit
    from fer_core.experiments.status import RECORDED, chosen, matching, standings, unsearched
    from fer_core.files import runs_root

    with told():
        found = matching(standings((to or RECORDED, runs_root())), only or [])
    if status or as_json:
        _print_status(found, as_json=as_json)
        return
    wanted = unsearched(found) if search else chosen(found, again=again)
    if not wanted:
        print("nothing is left to run; --status lists what is recorded", file=sys.stderr)
        return
    from fer_core.commands.config_flags import before_keras

    before_keras(threads)
    from fer_core.datasets.store import default_source, open_dataset
    from fer_core.experiments import reproduce as running

    with told():
        source = data or default_source()
        dataset = open_dataset(source)
        if to is None and dataset.fingerprint != recorded_audit()["fingerprint"]:
            raise ValueError(f"{source}: not the complete FER2013; say with --to where records of other data go")

    def run(experiment: "Experiment") -> str:
        tell = partial(print, file=sys.stderr)
        outcome = running.reproduce(experiment, dataset, short=short, source=source, to=to or RECORDED, tell=tell)
        if outcome.folder is None:
            raise ValueError(outcome.reason)
        return f"{outcome.folder} {outcome.reason}".rstrip()

    def search_grid(network: str) -> str:
        best = running.search(network, dataset, source=source, to=to or RECORDED).points[0]
        return f"best is {best.experiment}"

    if search:
        _one_after_the_other([(f"search/{name}", "its grid", partial(search_grid, name)) for name in wanted])
    else:
        _one_after_the_other([(each.id, each.title, partial(run, each)) for each in wanted])


def _one_after_the_other(tasks: Sequence[tuple[str, str, Callable[[], str]]]) -> None:
    """Do what is called (id, title); it tells what came of it. One that fails holds up no other."""
    from fer_core.training.errors import RunBusyError, RunFailedError, RunStoppedError

    failed = False
    for number, (name, title, go) in enumerate(tasks, start=1):
        print(f"[{number} of {len(tasks)}] {name}: {title}", file=sys.stderr)
        try:
            result = go()
        except RunStoppedError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(STOPPED) from error
        except RunBusyError as error:
            result = str(error)
        except (RunFailedError, ValueError, OSError) as error:
            result, failed = f"failed ({error})", True
        print(f"{name}: {result}", file=sys.stderr)
    if failed:
        raise typer.Exit(FAILED)


def _print_status(found: list, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "id": standing.experiment.id,
                "state": standing.state,
                "why": standing.differs,
                "folder": str(standing.folder) if standing.folder else None,
                "report": standing.experiment.report,
            }
            for standing in found
        ]
        print(json.dumps({"experiments": rows}, indent=2))
        return
    for standing in found:
        why = f"  ({standing.differs})" if standing.state == "partial" else ""
        print(f"{standing.state:<8} {standing.experiment.id:<56} {standing.experiment.title}{why}")
    counts = {state: sum(s.state == state for s in found) for state in ("done", "partial", "missing")}
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
