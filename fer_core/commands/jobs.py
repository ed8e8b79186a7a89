"""`python -m fer_core jobs`: the queue of long work."""

import json
from typing import Annotated

import typer

from fer_core.commands.told import told
from fer_core.files import runs_root

app = typer.Typer(help="Long work in its queue: list, stop, resume, delete.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="id of the job, as `jobs list` shows it")]


@app.command("list")
def list_jobs(as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False) -> None:
    """Jobs in the order that they run in."""
    from fer_core.jobs import default_store

    with told():
        jobs = default_store().all()
    if as_json:
        print(json.dumps({"jobs": [job.model_dump(mode="json") for job in jobs]}))
        return
    for job in jobs:
        print("\t".join([job.id, job.state, job.title, *([job.reason] if job.reason else [])]))


@app.command()
def stop(job: Id) -> None:
    """Ask a job to stop after the batch in work; a second time ends it by force."""
    from fer_core.jobs import default_store

    with told():
        print(f"{job}: {'asked to stop' if default_store().stop(job).stop_asked else 'stopped'}")


@app.command()
def resume(job: Id) -> None:
    """Put a stopped or failed job at the end of the queue; it goes on where it was."""
    from fer_core.jobs import default_store

    with told():
        print(f"{job}: {default_store().resume(job).state}")


@app.command()
def delete(
    job: Id,
    leftovers: Annotated[bool, typer.Option("--leftovers", help="delete what it trained so far, too")] = False,
) -> None:
    """Forget a job; what it recorded stays."""
    from fer_core.jobs import default_store

    with told():
        if leftovers:
            from fer_core.training.leftovers import delete_with_leftovers

            delete_with_leftovers(default_store(), job, runs_root())
        else:
            default_store().delete(job)
        print(f"{job}: deleted")


@app.command()
def work() -> None:
    """Work through the queue; the dashboard starts this by itself."""
    from fer_core.jobs import default_store
    from fer_core.jobs.worker import work as work_through

    work_through(default_store())
