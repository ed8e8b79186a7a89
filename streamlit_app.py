"""The dashboard: `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from fer_core.words import _
from pages.language import choose_language
from pages.memory import spare_libraries

ICON = Path(__file__).parent / "pages" / "icon.svg"  # browsers would fetch a material icon from Google

spare_libraries()
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
