"""`python -m fer_core report`: chosen runs and ensembles as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from fer_core.commands.told import check_writable, told


def report(
    runs: Annotated[list[str], typer.Argument(help="names of recorded runs and ensembles, or their folders")],
    to: Annotated[Path, typer.Option(help="file that is written; one that is there is replaced")] = Path("report.html"),
) -> None:
    """Tables, curves, matrices, ROC and provenance in one file that needs nothing else."""
    from fer_core.comparison.html_report import html_report
    from fer_core.comparison.leaderboard import rows_of
    from fer_core.comparison.models import read_model
    from fer_core.comparison.places import entry_of, places
    from fer_core.comparison.statistics import compute
    from fer_core.files import write_atomically

    with told():
        check_writable("--to", to)
        entries = {entry.key: entry for entry in map(entry_of, runs)}
        if len(entries) < len(runs):
            raise ValueError(f"two of these have one name: {', '.join(runs)}; name each of them otherwise")
        statistics = {key: compute(entry) for key, entry in entries.items()}
        rows = rows_of(tuple(entries.values()), statistics, {}, places())
        write_atomically(to, html_report(rows, lambda row: read_model(row.entry)))
    print(to)
