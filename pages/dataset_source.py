"""Which data set the Dataset page shows, and how to get the real one."""

from dataclasses import dataclass

import streamlit as st

from fer_core.access import read_only
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.errors import DatasetError
from fer_core.datasets.picture_files import MOST_FOLDERS
from fer_core.datasets.report import ImportReport
from fer_core.datasets.sources import TABLES
from fer_core.datasets.store import DRAWN, STORE_FILE, default_source, open_with_report
from fer_core.files import at_home, walked
from fer_core.words import N_, _
from pages.address import choose_one
from pages.commands import typed_path
from pages.dataset_import import show_import, show_left_out
from pages.written import as_written

SETS = {"fer2013": N_("FER2013"), "drawn": N_("Drawn sample set"), "path": N_("Another path")}


@dataclass(frozen=True)
class Source:
    """What is shown.

    Attributes:
        dataset: None where only the recorded numbers of FER2013 are known.
        path: where it was opened, for the command line.
    """

    dataset: FaceDataset | None
    path: str | None

    @property
    def key(self) -> str:
        """What results about it are cached by."""
        return self.dataset.fingerprint if self.dataset else recorded_audit()["fingerprint"]


@st.cache_resource(max_entries=3, show_spinner=False)
def load_with_report(path: str, stamp: int) -> tuple[FaceDataset, ImportReport | None]:
    """The data set at a path, and what became of its files; `stamp` is when it was changed."""
    with st.spinner(_("Reading the data set …")):
        dataset, report = open_with_report(path)
        assert dataset.fingerprint  # computed once, for everyone
        return dataset, report


def load(path: str, stamp: int) -> FaceDataset:
    """The data set at a path, see `load_with_report`."""
    return load_with_report(path, stamp)[0]


def stamp(path: str) -> int:
    """When a file, or a folder with those and the tables below it, was changed last; 0 where there is none."""
    place = at_home(path)
    try:
        if (place / STORE_FILE).is_file():  # of such a folder nothing else is opened
            return (place / STORE_FILE).stat().st_mtime_ns
        parts = [place]
        for folder, names in walked(place, MOST_FOLDERS):
            parts += [folder, *(folder / name for name in names if name in TABLES)]
        return max(part.stat().st_mtime_ns for part in parts)
    except OSError:
        return 0


def choose_source() -> Source:
    """The control for the data set, and the panel that gets FER2013."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        chosen = choose_one(
            st.segmented_control,
            _("Data set"),
            [name for name in SETS if not (name == "path" and read_only())],  # no guest looks around on the machine
            key="data_set",
            required=True,
            format_func=lambda name: _(SETS[name]),
        )
    with right.popover(_("Get FER2013"), icon=":material/download:", width="stretch"):
        show_import()
    path = DRAWN if chosen == "drawn" else default_source()
    if chosen == "path":
        path = typed_path(
            left.text_input(
                _("Folder, zip, fer2013.csv or stored set"),
                key="data_path",
                persist_state="session",
                placeholder="archive.zip",
            )
        )
        if not path:
            st.info(_("Give the path of FER2013 in any of its forms, on the machine that runs this page."))
            st.stop()
    if path is None:
        st.info(
            _(
                "FER2013 is not on this machine: its recorded numbers are shown, without pictures. Get it with the "
                "button above, or look at the drawn sample set."
            ),
            icon=":material/info:",
        )
        return Source(None, None)
    try:
        dataset, report = load_with_report(path, stamp(path))
    except (DatasetError, OSError) as error:
        why = "" if read_only() else f" {as_written(str(error))}"  # which names its place
        st.error(_("The data set can't be read.") + why, icon=":material/error:")
        st.stop()
    if report:
        show_left_out(report)
    return Source(dataset, path)
