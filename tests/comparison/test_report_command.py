import re
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fer_core.commands.report import report

app = typer.Typer()
app.command()(report)


@pytest.fixture(autouse=True)
def here(recorded, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(recorded.shipped))
    monkeypatch.setenv("FER_RUNS", str(recorded.own))


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_report_needs_no_other_file_and_holds_all_parts(recorded, tmp_path: Path):
    to = tmp_path / "report.html"
    result = run("ensemble", recorded.own / "mine", "--to", to)
    assert result.exit_code == 0, result.output
    text = to.read_text()
    assert text.count("plotly.js v") == 1
    page = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert not re.search(r"""(?:src|href)=["']""", page)
    for words in ("three", "mine", "Learning curves", "Provenance", "0123456789abcdef", "Report's ensemble"):
        assert words in page
    assert text.count('class="plotly-graph-div"') == 3 + 2 * 4


def test_what_is_missing_or_bad_is_one_sentence_and_no_file(recorded, tmp_path: Path):
    (recorded.own / "mine" / "probabilities.npz").write_bytes(b"")
    for name, words in (("nothing", "no recorded run or ensemble"), ("mine", "mine can't be reported")):
        result = run(name, "--to", tmp_path / "report.html")
        assert result.exit_code == 1
        assert words in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "report.html").exists()


def test_of_two_with_one_name_none_is_left_out_in_silence(recorded, tmp_path: Path):
    other = shutil.copytree(recorded.own / "mine", tmp_path / "elsewhere" / "mine")
    result = run("mine", other, "--to", tmp_path / "report.html")
    assert result.exit_code == 1
    assert "two of these have one name" in result.stderr
