import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.experiments.catalogue import experiments
from fer_core.experiments.search import search_file
from fer_core.experiments.status import recorded_search, standings
from pages import reproduced_data
from tests.experiments.test_experiments import record
from tests.experiments.test_search import POINTS, search_record

APP = str(Path(__file__).parents[2] / "streamlit_app.py")
CLASSES = np.arange(7)
ANSWERS = np.eye(7) * 0.6 + 0.4 / 7


def opened() -> AppTest:
    reproduced_data.all_standings.clear()
    at = AppTest.from_file(APP, default_timeout=120)
    at.switch_page("pages/reproduced.py").run()
    assert not at.exception
    return at


def test_the_report_is_walked_through_with_or_without_records() -> None:
    at = opened()
    assert at.title[0].value == "The report, reproduced"
    assert [header.value[0] for header in at.header] == list("1234567")
    assert any("16.5 to 1" in element.value for element in at.markdown)
    assert any("augmented anew in every epoch" in element.value for element in at.markdown)
    links = [link.proto.label for link in at.get("page_link")]
    assert links
    assert max(map(len, links)) <= 45, "a phone cuts what is longer"


@pytest.mark.slow
def test_with_everything_recorded_no_conclusion_is_open_for_want_of_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [e for e in experiments() if e.group != "grid" or e.id.startswith("grid/cnn/")]
    for each in wanted:
        splits = dict.fromkeys(("validation", "holdout", "public", "private"), (ANSWERS, CLASSES))
        record(tmp_path / each.id.replace("/", "-"), each.variants[-1].config, splits=splits)
    monkeypatch.setattr(reproduced_data, "standings", lambda: standings([tmp_path]))
    at = opened()
    texts = [element.value for element in [*at.markdown, *at.caption]]
    assert not [text for text in texts if re.match(r"\d+ of (the|its) \d+ .* recorded", text)]
    assert any("augmented in the modern way**" in text and "100.0% with full oversampling" in text for text in texts)
    assert len(at.get("plotly_chart")) >= 6
    reproduced_data.all_standings.clear()


def test_a_grid_that_was_searched_shows_the_search_and_that_nothing_is_decided_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_record(tmp_path, POINTS)
    monkeypatch.setattr(reproduced_data, "recorded_search", lambda network: recorded_search(network, [tmp_path]))
    at = opened()
    at.selectbox(key="rep_grid").set_value("VGG").run()
    assert not at.exception
    shown = next(table.value for table in at.dataframe if "state" in table.value)
    assert shown["state"].tolist() == ["trained", "given up", "given up"]
    assert any("each learned from 2,296 images" in caption.value for caption in at.caption)
    assert any("The report's optimum: place 2 of 3" in element.value for element in at.markdown)
    (tmp_path / search_file("vgg")).write_text("{")
    at.run()
    assert not at.exception
    assert any("search-vgg.json" in warning.value for warning in at.warning)
