"""The dashboard: `streamlit run streamlit_app.py`."""

import streamlit as st

st.set_page_config(page_title="FER dashboard", page_icon=":material/mood:", layout="wide")
page = st.navigation(
    [
        st.Page("pages/predict.py", title="Predict", icon=":material/mood:", default=True),
        st.Page("pages/selftest.py", title="Try yourself", icon=":material/camera_front:"),
    ],
    position="top",
)
page.run()
