import numpy as np
import pytest

from fer_core.comparison.annotations import Annotation
from fer_core.comparison.leaderboard import distinct_titles, leaderboard, named_runs, pareto_front, rows_of
from fer_core.comparison.models import read_model
from fer_core.comparison.places import find_entries
from fer_core.comparison.statistics import compute
from fer_core.evaluation.paired import compare_paired
from fer_core.evaluation.references import PEER, REPORT, measured_on
from tests.comparison.records import FINGERPRINT, forget_digests, write_ensemble, write_record


def rows_in(where):
    entries = find_entries(where)
    statistics = {entry.key: compute(entry) for entry in entries}
    return rows_of(entries, statistics, {"mine": Annotation(name="Small", pinned=True)}, where)


@pytest.fixture
def rows(recorded, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("FER_CACHE", str(tmp_path_factory.getbasetemp() / "leaderboard"))
    return rows_in(recorded)


def test_the_best_comes_first_after_what_is_pinned(rows):
    table = leaderboard(rows, "private")
    assert table["title"].iloc[0] == "Small"
    assert table["accuracy"].iloc[1:].is_monotonic_decreasing


def test_scores_of_few_images_stand_without_an_interval(where):
    write_record(where.own / "tiny", seed=1, sizes={"validation": 21})
    line = leaderboard(rows_in(where), "validation").set_index("key").loc["tiny"]
    assert np.isfinite(line[["accuracy_low", "accuracy_high", "macro_f1", "ece"]].astype(float)).all()
    assert line[["macro_f1_low", "macro_f1_high", "ece_low", "ece_high"]].isna().all()


def test_differences_are_mcnemars_on_the_same_images(rows):
    table = leaderboard(rows, "test", baseline="ensemble").set_index("key")
    first, second = (read_model(rows[key].entry).splits["test"] for key in ("compact_vgg", "ensemble"))
    pair = compare_paired(
        first.probabilities.argmax(axis=1) == first.labels, second.probabilities.argmax(axis=1) == second.labels
    )
    assert table.loc["compact_vgg", "difference"] == pair.difference
    assert table.loc["compact_vgg", "p_value"] == pair.p_value
    assert np.isnan(table.loc["ensemble", "difference"])


def rows_that_know_other_images(recorded):
    """One of the runs knows every ninth image of PrivateTest from its training."""
    path = forget_digests(recorded.own / "mine") / "probabilities.npz"
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["private_also_in_training"] = np.arange(len(arrays["private_labels"])) % 9 == 0
    np.savez_compressed(path, **arrays)
    return rows_in(recorded)


def test_where_two_runs_know_other_images_they_are_compared_on_those_new_to_both(recorded):
    rows = rows_that_know_other_images(recorded)
    table = leaderboard(rows, "private", new_only=True, baseline="compact_vgg").set_index("key")
    mine, base, other = (read_model(rows[key].entry).splits["private"] for key in ("mine", "compact_vgg", "ensemble"))
    for key, split in (("mine", mine), ("ensemble", other)):
        new = ~split.also_in_training & ~base.also_in_training
        right = [(each.probabilities.argmax(axis=1) == each.labels)[new] for each in (split, base)]
        assert table.loc[key, "difference"] == pytest.approx(right[0].mean() - right[1].mean())


def test_it_tells_whether_rows_were_measured_on_the_same_images(recorded):
    write_record(
        recorded.own / "other", seed=5, sizes={"validation": 140, "holdout": 140, "public": 210, "private": 210}
    )
    rows = rows_in(recorded)
    different = {split: leaderboard(rows, split)["images_digest"].nunique() for split in ("validation", "test")}
    assert different == {"validation": 2, "test": 1}


def test_where_two_runs_know_other_images_the_new_ones_are_not_the_same(recorded):
    rows = rows_that_know_other_images(recorded)
    found = [leaderboard(rows, "private", new_only=new)["images_digest"].nunique() for new in (False, True)]
    assert found == [1, 2]


def test_references_stand_where_they_were_measured(rows, monkeypatch):
    monkeypatch.setattr("fer_core.comparison.leaderboard.measured_on", lambda: FINGERPRINT)

    def references(**choice):
        table = leaderboard(rows, **choice)
        return table[table["kind"] == "reference"]["title"].tolist()

    assert references(split="test") == [REPORT.name, PEER.name]
    assert references(split="private") == references(split="public") == [PEER.name]
    assert references(split="holdout") == references(split="test", new_only=True) == []


def test_references_do_not_stand_beside_models_of_other_data(rows):
    assert set(leaderboard(rows, "test")["data"]) == {FINGERPRINT} != {measured_on()}
    assert "reference" not in set(leaderboard(rows, "test")["kind"])


def test_models_of_one_name_are_told_apart(recorded):
    runs = [recorded.own / "mine", recorded.shipped / "runs" / "compact_vgg"]
    write_ensemble(recorded.own / "team", runs, name="ours")
    write_ensemble(recorded.own / "team", runs[:1], name="ours", file="fast.json")
    rows = rows_in(recorded)
    table = leaderboard(rows, "test").set_index("key")
    assert (table.loc["team", "title"], table.loc["team-fast", "title"]) == ("ours (team)", "ours (team-fast)")
    assert table["title"].to_dict() == {key: distinct_titles(rows)[key] for key in table.index}


def test_each_chosen_run_and_member_has_a_name_of_its_own(recorded, tmp_path):
    twins = [write_record(tmp_path / place / "mine", seed=seed) for seed, place in enumerate(("here", "there"), 8)]
    folders = [recorded.shipped / "runs" / "compact_vgg", recorded.own / "mine", *twins]
    write_ensemble(recorded.own / "team", [folders[0], twins[0]])
    write_ensemble(recorded.own / "others", twins, name="others")
    entries = find_entries(recorded)
    rows = rows_of(entries, {entry.key: compute(entry) for entry in entries}, {}, recorded)
    models = {key: read_model(rows[key].entry) for key in ("team", "mine", "others", "compact_vgg")}
    assert {name: run.folder.resolve() for name, run in named_runs(models, rows).items()} == {
        "compact_vgg": folders[0].resolve(),
        "mine": folders[1].resolve(),
        "mine (three: mine)": folders[2].resolve(),
        "mine (others: member_2)": folders[3].resolve(),
    }


def test_an_ensemble_has_the_parameters_of_its_members(rows):
    table = leaderboard(rows, "test").set_index("key")
    members = table.loc[["compact_resnet", "compact_vgg", "compact_densenet"], "parameters"]
    assert table.loc["ensemble", "parameters"] == members.sum()


def test_what_has_no_answers_for_a_split_is_left_out(rows):
    assert "ensemble" not in leaderboard(rows, "validation")["key"].tolist()


def test_the_front_holds_what_nothing_beats():
    cost, accuracy = np.array([1, 2, 2, 3, 4, np.nan]), np.array([0.5, 0.6, 0.55, 0.6, 0.7, 0.9])
    assert pareto_front(cost, accuracy).tolist() == [True, True, False, False, True, False]
