"""Training page, grid search: learning rate x optimizer x activation, in a table and as lines."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.charts import CONFIG
from fer_core.charts.studies import parallel_coordinates
from fer_core.files import runs_root
from fer_core.networks import NETWORKS
from fer_core.training.config import RunConfig
from fer_core.training.grid import (
    ACTIVATIONS,
    ALL_OPTIMIZERS,
    LEARNING_RATES,
    OPTIMIZERS,
    SEARCHED,
    begins_pretrained,
    best_of,
    default_name,
    epochs_saved,
    grid_cells,
    grid_table,
)
from fer_core.training.presets import REPORT_WAY
from fer_core.training.study import Cell, CellStatus
from fer_core.words import N_, _
from pages.address import choose_many
from pages.tables import SHARE, shares_written
from pages.training_data import choose_data, shown_command
from pages.training_study import checked, folder_name, show_cell, show_live, show_start

KIND = "grid"
ASKED = N_("Which learning rate, optimizer and activation suit a network: validation accuracy of each run.")


def show_grid() -> None:
    st.markdown(_(ASKED))
    folder, cells, options = choose()
    if not cells:
        return
    command, config = words(folder, cells, options), cells[0].config
    with st.expander(_("Command line"), icon=":material/terminal:"):
        st.code(shown_command(command), language="sh", wrap_lines=True)
    title = _("Grid of {network}, runs: {runs}, epochs: {epochs}").format(
        network=NETWORKS[config.network].title, runs=len(cells), epochs=config.epochs
    )
    label = _("Train {missing} of {all} runs")
    show_start(KIND, folder, cells, command, title=title, label=label, key="train_grid_start")
    show_live(KIND, folder, cells, show_results)


def choose() -> tuple[Path, list[Cell], list[str]]:
    """Folder of the grid, its runs, and the command's options that are not in them."""
    one, two, three, four = st.columns(4, vertical_alignment="bottom")
    network = one.selectbox(_("Network"), list(NETWORKS), key="train_grid_network", bind="query-params")
    epochs = two.number_input(
        _("Epochs, at most"), 1, 500, REPORT_WAY["epochs"], key="train_grid_epochs", bind="query-params"
    )
    source = choose_data(three.selectbox, key="train_grid_data")
    halving = four.toggle(
        _("Successive halving"),
        key="train_grid_halving",
        bind="query-params",
        help=_(
            "Gives up the runs that are not among the best third after 1, 3, 9 … epochs: most of the answer for a part "
            "of the work."
        ),
    )
    pretrained = begins_pretrained(network)
    if NETWORKS[network].pretrained:
        pretrained = st.toggle(
            _("Pretrained"),
            pretrained,
            key=f"train_grid_pretrained_{network}",
            bind="query-params",
            help=f"`pretrained`: {_(RunConfig.model_fields['pretrained'].description)}",
        )
    with st.expander(_("What is searched"), icon=":material/tune:"):
        first, second, third, fourth, fifth = st.columns([3, 3, 3, 2, 2])
        names = [f"{rate:g}" for rate in LEARNING_RATES]
        rates = searched(first, _("Learning rates"), names, names, key="train_grid_rates")
        optimizers = searched(second, _("Optimizers"), ALL_OPTIMIZERS, OPTIMIZERS, key="train_grid_optimizers")
        activations = searched(
            third, _("Activations"), [*ACTIVATIONS, "silu"], ACTIVATIONS, key="train_grid_activations"
        )
        batch = fourth.number_input(
            _("Batch size"), 1, 4096, REPORT_WAY["batch_size"], key="train_grid_batch", bind="query-params"
        )
        share = fifth.number_input(
            _("Training share"),
            0.01,
            1.0,
            1.0,
            0.05,
            key="train_grid_share",
            bind="query-params",
            help=f"`training_share`: {_(RunConfig.model_fields['training_share'].description)}",
        )
    name = default_name(network, pretrained=pretrained)
    name = folder_name(name, source, REPORT_WAY, epochs=epochs, batch_size=batch, training_share=share)
    name += "-halving" if halving else ""
    folder, options = runs_root() / name, ["--data", source, *(["--halving"] if halving else [])]
    if not (rates and optimizers and activations):
        st.info(_("Choose at least one learning rate, one optimizer and one activation."))
        return folder, [], options
    make = partial(
        grid_cells,
        network,
        learning_rates=[float(rate) for rate in rates],
        optimizers=optimizers,
        activations=activations,
        prefix=name,
        epochs=epochs,
        batch_size=batch,
        training_share=share,
        pretrained=pretrained,
    )
    return folder, checked(make, folder, source), options


def searched(
    column: DeltaGenerator, label: str, options: Sequence[str], start: Sequence[str], *, key: str
) -> list[str]:
    """What the grid goes through of one field; its names are the same in all languages."""
    return choose_many(options, label, key=key, start=start, widget=column.multiselect, format_func=str)


def words(folder: Path, cells: list[Cell], options: list[str]) -> list[str]:
    """The command that trains these runs."""
    config = cells[0].config
    found = ["grid", config.network]
    for key in SEARCHED:
        for value in dict.fromkeys(cell.keys[key] for cell in cells):
            found += [f"--{key.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    shape = ["--epochs", str(config.epochs), "--batch-size", str(config.batch_size)]
    if config.training_share != 1:
        shape += ["--training-share", str(config.training_share)]
    if config.pretrained != begins_pretrained(config.network):
        shape.append("--pretrained" if config.pretrained else "--no-pretrained")
    return [*found, *shape, *options, "--to", str(folder)]


def show_results(statuses: list[CellStatus]) -> None:
    """What is known of the runs by now, and one of them from near."""
    table = grid_table(statuses)
    recorded = int((table["state"] == "recorded").sum())
    best, saved = best_of(statuses), epochs_saved(statuses)
    with st.container(horizontal=True):
        st.metric(_("Runs recorded"), _("{part} of {all}").format(part=recorded, all=len(statuses)))
        st.metric(_("Best validation accuracy"), f"{best.val_accuracy:.1%}" if best else "–")
        if saved:
            whole = sum(status.cell.config.epochs for status in statuses)
            st.metric(
                _("Epochs saved by halving, at most"),
                _("{part} of {all}").format(part=saved, all=whole),
                f"{saved / whole:.0%}",
                delta_color="off",
                delta_arrow="off",
            )
    if table["val_accuracy"].notna().any():
        figure = parallel_coordinates(table, SEARCHED)
        st.plotly_chart(figure, config=CONFIG, key="train_grid_lines", alt=_(ASKED))
    table["best"] = table["best"].map({True: _("★ best"), False: ""})
    columns = {
        "best": st.column_config.TextColumn("", width="small"),
        "learning_rate": st.column_config.NumberColumn(_("Learning rate"), format="%g"),
        "optimizer": _("Optimizer"),
        "activation": _("Activation"),
        "val_accuracy": st.column_config.ProgressColumn(
            _("Validation accuracy"), min_value=0, max_value=100, format=SHARE, help=_("of the best epoch")
        ),
        "epochs": st.column_config.NumberColumn(_("Epochs")),
        "state": _("State"),
        "run": None,
    }
    shown = shares_written(table.assign(state=table["state"].map(_)), ["val_accuracy"])
    st.dataframe(shown, hide_index=True, column_config=columns, key="train_grid_table")
    known = [run for run, state in zip(table["run"], table["state"], strict=True) if state != "waiting"]
    if known:
        chosen = st.selectbox(_("A closer look at"), known, key="train_grid_run")
        show_cell(next(status for status in statuses if status.cell.name == chosen))
