"""Dataset: the audit of what is shown, and what it says of single pictures."""

import json
from pathlib import Path

import numpy as np
import streamlit as st

from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.store import DRAWN, STORE
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.prediction.errors import ModelError
from fer_core.words import _
from pages.dataset_source import Source
from pages.written import as_code


def result_file(key: str) -> Path:
    """Where the audit of a data set is kept."""
    return STORE / "audits" / f"{key}.json"


@st.cache_resource(max_entries=4, show_spinner=False)
def read_audit(path: str, stamp: int) -> dict:
    """What `data audit --to` wrote; never changed, so that it need not be copied for each click."""
    with st.spinner(_("Reading the audit …")):
        return json.loads(Path(path).read_text(encoding="utf-8"))


@st.cache_resource(max_entries=2, show_spinner=False)
def audit_here(key: str, _dataset: FaceDataset) -> dict:
    """Of a small data set, at once."""
    with st.spinner(_("Auditing …")):
        from fer_core.datasets.audit import audit  # its libraries take a second that other views are spared
        from fer_core.prediction.detection import LOW_SCORE_THRESHOLD, default_detector

        return audit(_dataset, detector=default_detector(score_threshold=LOW_SCORE_THRESHOLD)).to_json()


def audit_of(source: Source) -> dict | None:
    """The audit of what is shown, recorded numbers where there are no pictures; None where there is none yet."""
    if source.dataset is None:
        return recorded_audit()
    if source.path == DRAWN:
        try:
            return audit_here(source.key, source.dataset)
        except ModelError as error:
            st.error(str(error), icon=":material/error:")
            return None
    path = result_file(source.key)
    if path.exists():
        try:
            found = read_audit(str(path), path.stat().st_mtime_ns)
            return found if found.keys() >= recorded_audit().keys() else None  # an older version looked for less
        except ValueError as error:
            st.error(_("{path}: not a readable audit ({error}); run it again.").format(path=path, error=error))
    return None


def indices_of(dataset: FaceDataset, names: list[str]) -> np.ndarray:
    """(n,) where images of these names stand; names of another wrapping of the data are left out."""
    return np.array([dataset.positions[name] for name in names if name in dataset.positions], dtype=np.int64)


def flat(entries: list) -> list[str]:
    """Names out of a finding: a list of names, of groups of names, or of suspects."""
    names = []
    for entry in entries:
        names += entry if isinstance(entry, list) else [entry["image"] if isinstance(entry, dict) else entry]
    return names


def show_suggestion(found: dict, name: str) -> None:
    """What the networks would call a picture whose label they doubt."""
    suspect = next((entry for entry in found.get("suspected_labels") or [] if entry["image"] == name), None)
    if suspect:
        suggested = suspect["suggested"]
        st.markdown(
            _("The recorded networks would say **{emotion}**.").format(emotion=f"{SYMBOLS[suggested]} {_(suggested)}")
        )


def show_alike(dataset: FaceDataset, found: dict, index: int) -> None:
    """The near-duplicates of a picture, identical copies left out."""
    name = str(dataset.names[index])
    group = next((names for names in found.get("near_duplicates") or [] if name in names), [])
    hashes = dataset.image_hashes
    alike = [other for other in indices_of(dataset, group) if hashes[other] != hashes[index]]
    if alike:
        st.markdown(_("**Nearly the same:**"))
        with st.container(horizontal=True):
            for other in alike:
                emotion = _(EMOTIONS[dataset.labels[other]])
                caption = f"{emotion} · {dataset.usage[other]}  \n{as_code(str(dataset.names[other]))}"
                st.image(dataset.images[other], width=112, caption=caption, alt=str(dataset.names[other]))
