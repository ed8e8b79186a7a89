"""`python -m fer_core reproduce`: the report's experiments, run and recorded."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fer_core.commands.told import FAILED, STOPPED, told

if TYPE_CHECKING:
    from fer_core.datasets.dataset import FaceDataset
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
        bool, typer.Option("--search", help="grids by successive halving on a tenth of the training images")
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
    from fer_core.experiments.status import RECORDED, matching, standings
    from fer_core.files import runs_root

    with told():
        roots = (to or RECORDED, runs_root())
        found = matching(standings(roots), only or [])
    if status or as_json:
        _print_status(found, as_json=as_json)
        return
    from fer_core.commands.config_flags import before_keras

    before_keras(threads)
    from fer_core.datasets.store import default_source, open_dataset
    from fer_core.experiments.reproduce import chosen
    from fer_core.experiments.reproduce import reproduce as run
    from fer_core.training.errors import RunBusyError, RunFailedError, RunStoppedError

    failed = False
    with told():
        experiments = chosen(found, again=again)
        source = data or default_source()
        dataset = open_dataset(source)
        if to is None and dataset.fingerprint != recorded_audit()["fingerprint"]:
            raise ValueError(f"{source}: not the complete FER2013; say with --to where records of other data go")
    if search:
        _search(experiments, dataset, source, to or RECORDED)
        return
    for number, experiment in enumerate(experiments, start=1):
        if experiment not in chosen(standings(roots), again=again):
            print(f"{experiment.id}: recorded meanwhile", file=sys.stderr)
            continue
        print(f"[{number} of {len(experiments)}] {experiment.id}: {experiment.title}", file=sys.stderr)
        try:
            outcome = run(
                experiment,
                dataset,
                short=short,
                source=source,
                to=to or RECORDED,
                tell=lambda text: print(text, file=sys.stderr),
            )
        except RunStoppedError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(STOPPED) from error
        except RunBusyError:
            print(f"{experiment.id}: another process trains it", file=sys.stderr)
            continue
        except (RunFailedError, ValueError, OSError) as error:
            print(f"{experiment.id}: failed ({error})", file=sys.stderr)
            failed = True
            continue
        print(f"{experiment.id}: {outcome.folder or 'not run'} {outcome.reason}".rstrip(), file=sys.stderr)
        failed = failed or outcome.folder is None
    if failed:
        raise typer.Exit(FAILED)


def _search(experiments: Iterable["Experiment"], dataset: "FaceDataset", source: str, to: Path) -> None:
    """Search the grids that these experiments are of, one after the other."""
    from fer_core.experiments.reproduce import search
    from fer_core.training.errors import RunStoppedError

    networks = dict.fromkeys(each.id.split("/")[1] for each in experiments if each.group == "grid")
    if not networks:
        print("no grid is left to search", file=sys.stderr)
    for number, network in enumerate(networks, start=1):
        print(f"[{number} of {len(networks)}] search of the grid of {network}", file=sys.stderr)
        try:
            with told():
                found = search(network, dataset, source=source, to=to)
        except RunStoppedError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(STOPPED) from error
        told_of = f"best is {found.points[0].experiment}" if found else "another process trains some of its runs"
        print(f"{network}: {told_of}", file=sys.stderr)


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
