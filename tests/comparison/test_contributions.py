import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.comparison.contributions import contributions
from fer_core.comparison.places import Places, find_entries
from fer_core.prediction.card import EnsembleCard
from fer_core.training.assemble import AssemblyError
from fer_core.training.record import RECORD, read_run
from tests.comparison.records import write_record


def answers(folder: Path) -> np.ndarray:
    return read_run(folder).splits["holdout"].probabilities


def accuracy(members: list[Path]) -> float:
    labels = read_run(members[0]).splits["holdout"].labels
    return float((np.sum([answers(run) for run in members], axis=0).argmax(axis=1) == labels).mean())


def test_members_are_left_out_and_others_added_one_at_a_time(recorded: Places) -> None:
    card = EnsembleCard.read(recorded.shipped / "ensemble.json")
    members = [Path(member.run) for member in card.members]
    table = contributions(card, recorded.shipped, find_entries(recorded)).set_index("run")
    assert table["member"].to_dict() == {run.name: True for run in members} | {"mine": False}
    for run in members:
        brings = accuracy(members) - accuracy([other for other in members if other != run])
        assert table["difference"][run.name] == pytest.approx(brings)
        assert table["accuracy"][run.name] == pytest.approx(accuracy([run]))
    mine = recorded.own / "mine"
    assert table["difference"]["mine"] == pytest.approx(accuracy([*members, mine]) - accuracy(members))
    assert (table["low"] <= table["difference"]).all()
    assert (table["difference"] <= table["high"]).all()


def test_members_come_first_and_the_most_useful_of_each_part(recorded: Places) -> None:
    write_record(recorded.own / "worse", seed=8, network="cnn", skill=0.1)
    card = EnsembleCard.read(recorded.shipped / "ensemble.json")
    table = contributions(card, recorded.shipped, find_entries(recorded))
    assert table["member"].tolist() == [True] * 3 + [False] * 2
    for _member, part in table.groupby("member"):
        assert part["difference"].is_monotonic_decreasing


def test_a_weight_counts_as_in_the_ensemble(recorded: Places) -> None:
    content = json.loads((recorded.shipped / "ensemble.json").read_text())
    for member, weight in zip(content["members"], (1.0, 1e-6, 1e-6), strict=True):
        member["weight"] = weight
    table = contributions(EnsembleCard.model_validate(content), recorded.shipped, ()).set_index("run")
    names = [Path(member["run"]).name for member in content["members"]]
    assert table["difference"][names[1]] == table["difference"][names[2]] == 0


def test_what_can_not_be_added_is_passed_over(recorded: Places) -> None:
    write_record(recorded.own / "no-holdout", seed=3, sizes={"validation": 210})
    write_record(recorded.own / "other-images", seed=4, sizes={"validation": 210, "holdout": 70})
    (write_record(recorded.own / "damaged", seed=5) / "probabilities.npz").write_bytes(b"no archive")
    other_data = write_record(recorded.own / "other-data", seed=6) / RECORD
    other_data.write_text(yaml.safe_dump(yaml.safe_load(other_data.read_text()) | {"data_fingerprint": "f" * 16}))
    card = EnsembleCard.read(recorded.shipped / "ensemble.json")
    table = contributions(card, recorded.shipped, find_entries(recorded))
    assert table[~table["member"]]["run"].tolist() == ["mine"]


def test_a_single_network_has_nothing_to_be_left_out_of(recorded: Places) -> None:
    content = json.loads((recorded.shipped / "ensemble.json").read_text())
    one = EnsembleCard.model_validate(content | {"members": content["members"][:1]})
    table = contributions(one, recorded.shipped, find_entries(recorded))
    assert np.isnan(table["difference"][0])
    assert table["difference"][1:].notna().all()


def test_a_member_without_a_record_is_refused(recorded: Places) -> None:
    content = json.loads((recorded.shipped / "ensemble.json").read_text())
    del content["members"][0]["run"]
    with pytest.raises(AssemblyError, match="no run is recorded for member_1"):
        contributions(EnsembleCard.model_validate(content), recorded.shipped, ())


def test_the_command_prints_the_table_or_json(recorded: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", str(recorded.shipped))
    monkeypatch.setenv("FER_RUNS", str(recorded.own))
    card = str(recorded.shipped / "ensemble.json")
    shown = CliRunner().invoke(app, ["runs", "contributions", card])
    assert shown.exit_code == 0, shown.output
    assert len(shown.stdout.splitlines()) == 5
    as_json = CliRunner().invoke(app, ["runs", "contributions", card, "--json"])
    assert {row["run"] for row in json.loads(as_json.stdout)} >= {"compact_vgg", "mine"}


def test_the_command_tells_a_card_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["runs", "contributions", str(tmp_path / "none.json")])
    assert result.exit_code == 1
    assert "none.json" in result.stderr
