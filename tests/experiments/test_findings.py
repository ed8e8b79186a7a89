import numpy as np
import pytest

from fer_core.comparison.histories import COPIED
from fer_core.evaluation.report import evaluate_probabilities
from fer_core.experiments import findings
from fer_core.experiments.findings import grid_table, networks_table, reproduced, result_table
from fer_core.experiments.status import standings
from tests.experiments.test_claims import right_in
from tests.experiments.test_experiments import experiment, record


def test_networks_stand_beside_the_reports_numbers_and_missing_ones_say_so(tmp_path) -> None:
    record(tmp_path / "cnn", experiment("base/cnn").variants[0].config)
    standing = next(s for s in standings([tmp_path]) if s.experiment.id == "base/cnn")
    found = {"cnn": findings.reproduced(standing)}
    table = networks_table(found).set_index("network")
    assert table.loc["CNN", ["report_accuracy", "accuracy"]].tolist() == [0.5542, 1.0]
    assert table.loc["VGG", "differs"] == "not run yet"
    assert table.loc["CNN", "gap"] == pytest.approx(0.1)
    assert found["cnn"].gap.untold == COPIED
    assert findings.by_precision(found) == {"float32": ["cnn"]}


def test_a_grids_runs_are_listed_best_first_with_what_was_searched(tmp_path) -> None:
    shares = {"grid/cnn/sgd/0.01/elu": 0.4, "grid/cnn/adam/0.0001/relu": 0.6}
    for name, share in shares.items():
        record(tmp_path / name.replace("/", "-"), experiment(name).variants[0].config, splits=right_in(share))
    found = {s.experiment.id: reproduced(s) for s in standings([tmp_path]) if s.experiment.id in shares}
    table = grid_table({name: found[name] for name in shares})
    assert table["optimizer"].tolist() == ["adam", "sgd"]
    assert table["accuracy"].tolist() == [0.6, 0.4]


def test_the_reports_scores_on_the_test_images_have_a_row_each() -> None:
    assert result_table({})["report"].tolist()[:-1] == [0.6570, 0.8183, 0.6541, 0.6570, 0.6525, 0.9031]


def test_the_accuracy_without_copies_stands_below_the_reports_scores() -> None:
    answers, labels = right_in(0.75)["validation"]
    copied = np.arange(len(labels)) < 200
    ours = evaluate_probabilities(answers, labels, split="test", also_in_training=copied)
    row = result_table({"ours": ours, "unknown": evaluate_probabilities(answers, labels, split="test")}).iloc[-1]
    assert (row["score"], row["ours"]) == ("accuracy without copies", 0.5)
    assert np.isnan(row[["report", "unknown"]].astype(float)).all()
