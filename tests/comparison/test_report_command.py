import re
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fer_core.commands.report import report
from fer_core.prediction.card import EnsembleCard
from tests.comparison.records import FINGERPRINT, know_all, write_record

HOLD_OUT = "Hold-out (a tenth of the training images that a run was not trained on)"

app = typer.Typer()
app.command()(report)


@pytest.fixture(autouse=True)
def here(recorded, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(recorded.shipped))
    monkeypatch.setenv("FER_RUNS", str(recorded.own))


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_report_needs_no_other_file_and_holds_all_parts(recorded, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("fer_core.comparison.leaderboard.measured_on", lambda: FINGERPRINT)
    to = tmp_path / "report.html"
    result = run("ensemble", recorded.own / "mine", "--to", to)
    assert result.exit_code == 0, result.output
    text = to.read_text()
    assert text.count("plotly.js v") == 1
    page = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert not re.search(r"""(?:src|href)=["']""", page)
    for words in ("three", "mine", "Learning curves", "Provenance", "0123456789abcdef", "Report's ensemble", HOLD_OUT):
        assert words in page
    assert text.count('class="plotly-graph-div"') == 3 + 2 * 4


def test_two_runs_of_one_id_both_have_curves_and_provenance(recorded, tmp_path: Path):
    twin = write_record(tmp_path / "mine", seed=8, network="cnn", skill=0.7, learning_rate=0.03)
    twin.rename(recorded.own / "twin")
    to = tmp_path / "report.html"
    assert run("mine", "twin", "--to", to).exit_code == 0
    page = re.sub(r"<script.*?</script>", "", to.read_text(), flags=re.S)
    assert {"<h3>mine</h3>", "<h3>twin</h3>"} <= set(re.findall("<h3>.*?</h3>", page))
    assert "<b>twin</b>" in page
    assert '<td class="long">0.03</td>' in page


def test_an_ensemble_is_told_by_its_card(recorded, tmp_path: Path):
    to = tmp_path / "report.html"
    assert run("ensemble", "compact_vgg", "--to", to).exit_code == 0
    page = re.sub(r"<script.*?</script>", "", to.read_text(), flags=re.S)
    card = EnsembleCard.read(recorded.shipped / "ensemble.json")
    for words in (card.digest(), card.members[0].sha256, "weight 1, compact_resnet.onnx", '<td class="long">0.8</td>'):
        assert words in page
    assert page.count("<h3>compact_vgg</h3>") == 1  # which is a member, too


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


def test_a_place_that_is_not_there_is_told_before_the_work(tmp_path: Path):
    result = run("ensemble", "--to", tmp_path / "none" / "report.html")
    assert result.exit_code == 1
    assert "there is no folder" in result.output


def test_where_no_image_is_new_the_report_says_so(recorded, tmp_path: Path):
    know_all(recorded.own / "mine", "public", "private")
    to = tmp_path / "report.html"
    result = run("mine", "--to", to)
    assert result.exit_code == 0, result.output
    assert to.read_text().count("All of these images also stand, byte for byte, in the training images.") == 3


def test_rows_that_were_measured_on_different_images_are_told(recorded, tmp_path: Path):
    write_record(recorded.own / "other", seed=5, sizes={"validation": 140, "public": 210, "private": 210})
    to = tmp_path / "report.html"
    for names, times in ((("mine", "compact_vgg"), 0), (("mine", "other"), 1)):
        assert run(*names, "--to", to).exit_code == 0
        assert to.read_text().count("Not all of these were measured on the same images: there are 2") == times


def test_the_report_speaks_the_language_of_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fer_core.words._language", lambda: "ko")
    to = tmp_path / "report.html"
    assert run("ensemble", "mine", "--to", to).exit_code == 0
    page = re.sub(r"<script.*?</script>", "", to.read_text(), flags=re.S)
    assert '<html lang="ko">' in page
    for korean, english in (("출처", "Provenance"), ("학습 곡선", "Learning curves"), ("재현율", "recall")):
        assert korean in page
        assert english not in page
