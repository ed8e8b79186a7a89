"""The command line: `python -m fer_core COMMAND`."""

import sys

import typer

from fer_core.commands import (
    data,
    ensemble,
    estimate,
    evaluate,
    grid,
    imbalance,
    jobs,
    limits,
    networks,
    predict,
    report,
    reproduce,
    runs,
    soften,
    train,
)

app = typer.Typer(
    help="Facial expression recognition on FER2013: data, training, evaluation and prediction.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.add_typer(runs.app, name="runs")
app.add_typer(jobs.app, name="jobs")
for command in (
    predict.predict,
    evaluate.evaluate,
    limits.limits,
    soften.soften,
    train.train,
    estimate.estimate,
    imbalance.imbalance,
    grid.grid,
    ensemble.ensemble,
    report.report,
    networks.networks,
    reproduce.reproduce,
):
    app.command()(command)

if __name__ == "__main__":
    if sys.stdout:
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name that the terminal can't show ends no command
    try:
        app()
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("fer_core"):
            raise
        sys.exit(f"{error.name} is not installed; this command needs the extra [training], or all of requirements.txt")
