"""Training page, one run: a form for everything that defines a run, what follows from it, and Start."""

import json
import os
import subprocess
import sys
from typing import Any

import streamlit as st
from pydantic import ValidationError

from fer_core.access import read_only
from fer_core.charts import CONFIG
from fer_core.charts import class_counts as counts_chart
from fer_core.datasets.errors import DatasetError
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.files import runs_root
from fer_core.jobs.process import PLAIN_ERRORS
from fer_core.networks import NETWORKS
from fer_core.networks.recorded import recorded_costs
from fer_core.training.command_line import command
from fer_core.training.config import RunConfig
from fer_core.training.folder import new_folder
from fer_core.training.record import RECORD
from fer_core.validation import problems
from fer_core.words import _
from pages import training_data as shared
from pages.commands import public_demo
from pages.training_form import show_fields

ESTIMATE_SECONDS = 240


def show_run() -> None:
    form, facts = st.columns([3, 2], gap="large")
    with form:
        data, device, values = show_fields()
    config = checked(values)
    with facts:
        if config:
            show_network(config)
            show_start(config, data, device)
            show_counts(config, data)


def checked(values: dict[str, Any]) -> RunConfig | None:
    """The configuration, or None and what is wrong with which field."""
    try:
        config = RunConfig(**values)
        if config.soft_labels:
            SoftLabels.read(config.soft_labels)
    except ValidationError as error:
        st.error(problems(error), icon=":material/error:")
    except DatasetError as error:
        st.error(f"soft_labels: {error}", icon=":material/error:")
    else:
        return config
    return None


def show_network(config: RunConfig) -> None:
    spec, cost = NETWORKS[config.network], recorded_costs()[config.network]
    st.markdown(f"**{spec.title}.** {_(spec.description)}.")
    own_size = config.size == spec.input_size
    multiply_adds = cost["multiply_adds"] * (config.size / spec.input_size) ** 2 / 1e6
    with st.container(horizontal=True):
        known = own_size or spec.class_maps
        st.metric(_("Parameters"), f"{cost['parameters'] / 1e6:.2f} M" if known else _("see estimate"))
        told = "{number:,.0f} M" if own_size else _("about {number:,.0f} M")
        st.metric(_("Multiply-adds a face"), told.format(number=multiply_adds))


def show_counts(config: RunConfig, data: shared.Data) -> None:
    try:
        with st.spinner(_("Counting the images …")):
            counts = shared.class_counts(data, config)
    except (ValueError, OSError) as error:
        st.error(str(error), icon=":material/error:")
        return
    title = _("Images of each class in an epoch")
    figure = counts_chart({_(part): numbers for part, numbers in counts.items()}, title=title)
    st.plotly_chart(figure, config=CONFIG, key="train_counts", alt=title)


def estimated(words: list[str]) -> dict[str, float]:
    """What `python -m fer_core estimate` says.

    Raises:
        RuntimeError: it failed; the message is its last line.
    """
    done = subprocess.run(
        [sys.executable, "-m", "fer_core", *words],
        capture_output=True,
        text=True,
        timeout=ESTIMATE_SECONDS,
        env=os.environ | PLAIN_ERRORS,
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "it wrote nothing").splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def show_start(config: RunConfig, data: shared.Data, device: str) -> None:
    options = {"data": data.path, "device": device}
    words = command("train", config, **options, corrections=data.corrections)
    st.code(shared.shown_command(words), language="sh", wrap_lines=True)
    if read_only():
        st.info(public_demo())
        return
    start, estimate = st.columns(2)
    if estimate.button(_("Estimate the time"), icon=":material/timer:", width="stretch"):
        show_estimate(command("estimate", config, **options, extra=["--json"]))
    start.button(
        _("Start"),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=begin,
        args=(config, data, device),
    )


def begin(config: RunConfig, data: shared.Data, device: str) -> None:
    """Put the run into the queue, under a folder of its own."""
    try:
        folder = new_folder(config, runs_root())
        folder.mkdir(parents=True)  # so that the next run of this second gets another name
        options = {"data": data.path, "corrections": data.corrections, "device": device}
        words = command("train", config, **options, to=str(folder), extra=["--quiet"])
        title = _("{network}, epochs: {epochs}").format(network=NETWORKS[config.network].title, epochs=config.epochs)
        shared.start(words, kind="train", title=title, result=str(folder / RECORD))
    except OSError as error:
        shared.fail(_("The run can't be started: {error}").format(error=error))


def show_estimate(words: list[str]) -> None:
    try:
        with st.spinner(_("Measuring a few steps …")):
            found = estimated(words)
    except (RuntimeError, subprocess.TimeoutExpired, OSError, ValueError) as error:
        st.error(_("The estimate failed: {error}").format(error=error), icon=":material/error:")
        return
    st.markdown(
        _(
            "About **{total}** for {images:,.0f} images an epoch at {pace:,.0f} images a second ({epoch} an epoch), "
            "with {parameters:,} parameters and {memory:.1f} GiB of memory. Measured now, beside whatever else runs "
            "on this machine."
        ).format(
            total=shared.duration(found["total_seconds"]),
            images=found["images"],
            pace=found["images_per_second"],
            epoch=shared.duration(found["epoch_seconds"]),
            parameters=found["parameters"],
            memory=found["memory_bytes"] / 2**30,
        )
    )
