"""Training page, ensemble: choose members, train them anew for diversity, join them, and use them on Predict."""

import re
from pathlib import Path

import pandas as pd
import streamlit as st

from fer_core.access import read_only
from fer_core.comparison.places import places, run_digest
from fer_core.files import runs_root
from fer_core.jobs import default_store
from fer_core.prediction.active import active_card, use_card, use_shipped
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard
from fer_core.prediction.errors import ModelError
from fer_core.training.assemble import RUNS, AssemblyError, assemble, evaluate_recorded, own_folder
from fer_core.training.candidates import candidates, shared_corrections, top_networks
from fer_core.training.folder import run_folders
from fer_core.training.record import read_record
from fer_core.words import _
from pages import training_data as shared
from pages.address import choose_many
from pages.commands import shown_path
from pages.tables import share_column, shares_written
from pages.written import as_written

CARD = SHIPPED_CARD.name
MEMBERS = "train_members"


def show_ensemble() -> None:
    st.markdown(_("Several networks that vote are better than the best of them. Everything is chosen on validation."))
    show_in_use()
    if read_only():
        st.info(_("This is a public demo: no ensemble can be made or chosen here."))
        return
    table = recorded_runs()
    if table.empty:
        st.info(_("No run is recorded yet. Train some in the first tab."), icon=":material/model_training:")
        return
    show_builder(table)


def recorded_runs() -> pd.DataFrame:
    """The user's own recorded runs and the shipped ensemble's, read again when one is added."""
    roots = (runs_root(), places().shipped / RUNS)
    table = _read_runs(roots, tuple((str(run), run_digest(run)) for root in roots for run in run_folders(root)))
    return table.assign(shipped=[Path(folder).parent == roots[1] for folder in table["folder"]])


@st.cache_data(max_entries=8, show_spinner=False)
def _read_runs(roots: tuple[Path, ...], digests: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return candidates(roots)


def show_in_use() -> None:
    """The ensembles there are, which one answers, and a way to choose another."""
    st.subheader(_("In use on the Predict page"), anchor=False)
    own = sorted(runs_root().glob(f"*/{CARD}"))
    for card in [SHIPPED_CARD, *own]:
        with st.container(horizontal=True, vertical_alignment="center"):
            in_use = active_card().resolve() == card.resolve()
            st.markdown(sentence_of(card))
            if in_use:
                st.badge(_("in use"), color="green", icon=":material/check:")
            elif not read_only():
                label = _("Restore the shipped one") if card == SHIPPED_CARD else _("Use on the Predict page")
                st.button(label, key=f"train_use_{card}", on_click=use, args=(card,))


def sentence_of(card: Path) -> str:
    try:
        content = EnsembleCard.read(card)
    except ModelError as error:
        return f":material/error: {error}"
    origin = _("shipped") if card == SHIPPED_CARD else f"`{shown_path(card.parent)}`"
    members = as_written(", ".join(content.titles))
    told = ""
    if scores := scores_of(str(card), card.stat().st_mtime_ns):
        sentence = _(". {accuracy:.1%} on {images:,} held-out images (95% interval {low:.1%} to {high:.1%})")
        told = sentence.format(**scores)
    return f"**{as_written(content.name)}** ({origin}): {members}{told}"


@st.cache_data(max_entries=32, show_spinner=False)
def scores_of(card: str, changed: int) -> dict[str, float]:
    """What it is worth on the hold-out; nothing where that is not recorded."""
    try:
        scores = evaluate_recorded(EnsembleCard.read(card), Path(card).parent)["validation"]
    except (ValueError, OSError, KeyError):
        return {}
    interval = scores.interval
    return {"accuracy": scores.accuracy, "images": scores.images, "low": interval.low, "high": interval.high}


def use(card: Path) -> None:
    try:
        if card == SHIPPED_CARD:
            use_shipped()
        else:
            use_card(card)
    except (ModelError, OSError) as error:
        shared.fail(_("It can't be used: {error}").format(error=error))


def show_builder(table: pd.DataFrame) -> None:
    st.subheader(_("Make one"), anchor=False)
    by_folder = table.set_index("folder")
    named = table["run"].where(~table["shipped"], table["run"] + f" ({_('shipped')})")
    names = dict(zip(table["folder"], named, strict=True))
    own = table[~table["shipped"]]
    chosen = choose_many(
        list(by_folder.index),
        _("Members"),
        key=MEMBERS,
        start=top_networks(table if own.empty else own),
        widget=st.multiselect,
        format_func=lambda folder: f"{names[folder]} ({by_folder['val_accuracy'][folder]:.1%})",
        help=_("By default the best run of each of the three best networks, by validation accuracy; your own if any."),
    )
    shown = table.drop(columns=["folder", "holdout", "shipped"]).assign(run=named, problem=table["problem"].map(_))
    st.dataframe(
        shares_written(shown, ["val_accuracy"]),
        hide_index=True,
        height=min(320, 36 * (len(table) + 1)),
        column_config={
            "val_accuracy": share_column(_("validation accuracy")),
            "run": _("run"),
            "network": _("network"),
            "split_seed": _("split seed"),
            "data": _("data"),
            "problem": st.column_config.TextColumn(_("can't be joined as it is"), width="medium"),
        },
    )
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    name = left.text_input(
        _("Name"), "my-ensemble", key="train_ensemble_name", bind="query-params", persist_state="session"
    ).strip()
    retrain = right.toggle(
        _("Train each again with another split seed"),
        key="train_retrain",
        bind="query-params",
        persist_state="session",
        help=_(
            "Members that were trained on different parts of the images differ more in their mistakes. One common part "
            "is held out from all of them: temperature and threshold are fitted there."
        ),
    )
    if refusal := refused(by_folder.loc[chosen], name, retrain=retrain):
        st.caption(refusal)
        return
    to = runs_root() / name
    words = ["ensemble", *chosen, "--to", str(to), "--name", name]
    if retrain:
        words += ["--retrain", "--data", shared.choose_data(st.selectbox, key="train_ensemble_data")]
        try:
            corrections = shared_corrections(map(read_record, chosen))
        except ValueError as error:
            st.caption(as_written(str(error)))
            return
        words += ["--corrections", corrections] if corrections else []
    st.code(shared.shown_command(words), language="sh", wrap_lines=True)
    if replaced := (to / CARD).exists():
        st.caption(_(":material/warning: An ensemble is called {name} already; this replaces it.").format(name=name))
    join = _("Replace") if replaced else _("Join")
    label = (_("Train and replace") if replaced else _("Train and join")) if retrain else join
    st.button(
        label,
        type="primary",
        icon=":material/groups:",
        on_click=make,
        args=(words, chosen, to, name, retrain, replaced),
    )


def refused(members: pd.DataFrame, name: str, *, retrain: bool) -> str:
    """Why this can't be an ensemble; nothing where it can."""
    if len(members) < 2:
        return _("Choose two members or more.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        return _("Name: letters, digits, - and _ only.")
    try:
        own_folder(name)
    except AssemblyError:
        return _("Name: a run or a study is called {name} already; choose another.").format(name=name)
    if retrain:
        return ""
    if problems := [f"{row.run}: {_(row.problem)}" for row in members.itertuples() if row.problem]:
        return _("{problems}. Train each again, or choose others.").format(problems="; ".join(problems))
    return "" if members["data"].nunique() == 1 else _("These runs were trained on different data sets.")


def make(words: list[str], members: list[str], to: Path, name: str, retrain: bool, replaced: bool) -> None:
    try:
        waiting = default_store().all() if retrain else []
        at_work = any(job.result == str(to / CARD) and not job.state.ended for job in waiting)
        if at_work or (to / CARD).exists() != replaced:
            told = _("An ensemble called {name} was begun or made meanwhile; choose another name, or look again.")
            shared.fail(told.format(name=name))
            return
        if retrain:
            title = _("Ensemble {name}: {number} members").format(name=name, number=len(members))
            shared.start(words, kind="ensemble", title=title, result=str(to / CARD))
        else:
            assemble([Path(folder) for folder in members], to, name=name)
    except (ValueError, OSError) as error:
        shared.fail(_("The ensemble can't be made: {error}").format(error=error))
