"""The dashboard: `streamlit run streamlit_app.py`."""

import gc
import sys
from pathlib import Path

import streamlit as st

from fer_core.words import _
from pages.language import choose_language

ICON = Path(__file__).parent / "pages" / "icon.svg"  # browsers would fetch a material icon from Google


@st.cache_resource(show_spinner=False)
def spare(modules: int) -> None:
    """Leave what is there for good out of garbage collection, again whenever more modules have been imported.

    Streamlit collects after each run, before it answers in full: 0.1 to 0.3 s of each click went into looking through
    the objects of imported libraries.
    """
    gc.freeze()


spare(len(sys.modules))
st.set_page_config(page_title="FER dashboard", page_icon=ICON, layout="wide", initial_sidebar_state="collapsed")
choose_language()
if "video-job" in st.session_state:
    from pages.predict_video import keep_video  # which is imported when somebody has a video, and not before

    keep_video()
page = st.navigation(
    [
        st.Page("pages/predict.py", title=_("Predict"), icon=":material/mood:", default=True),
        st.Page("pages/dataset.py", title=_("Dataset"), icon=":material/photo_library:"),
        st.Page("pages/training.py", title=_("Training"), icon=":material/model_training:"),
        st.Page("pages/compare.py", title=_("Compare"), icon=":material/leaderboard:"),
        st.Page("pages/reproduced.py", title=_("The report"), icon=":material/menu_book:"),
        st.Page("pages/selftest.py", title=_("Try yourself"), icon=":material/camera_front:"),
    ],
    position="top",
)
try:
    page.run()
except ImportError as error:  # OpenCV's system libraries, above all; the sentence says how to get them
    st.error(str(error), icon=":material/extension_off:")
