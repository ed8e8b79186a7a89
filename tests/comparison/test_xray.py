import numpy as np
import pytest

from fer_core.comparison.xray import Voters, agreement, agreement_counts, leave_one_out, saved_and_spoiled, subsets
from tests.comparison.records import likely_answers


@pytest.fixture
def voters() -> Voters:
    splits = [likely_answers("test", 300, seed=seed, skill=0.7 + seed / 10) for seed in range(3)]
    probabilities = np.stack([split.probabilities for split in splits])
    return Voters(("a", "b", "c"), probabilities, (1.0, 1.0, 2.0), splits[0].labels)


def test_every_subset_is_an_ensemble_of_its_own(voters):
    table = subsets(voters, {"a": 1.0, "b": 2.0}).set_index("members")
    assert len(table) == 7
    both = (voters.probabilities[0] + 2 * voters.probabilities[2]).argmax(axis=1)
    assert table.loc["a + c", "accuracy"] == (both == voters.labels).mean()
    assert table.loc["a + b", "milliseconds"] == 3
    assert np.isnan(table.loc["a + c", "milliseconds"])


def test_leaving_one_out_costs_what_the_others_lose(voters):
    table = leave_one_out(voters).set_index("member")
    alone = subsets(voters).set_index("members")["accuracy"]
    assert table.loc["c", "alone"] == alone["c"]
    assert table.loc["c", "without"] == alone["a + b"]
    assert table.loc["c", "cost"] == pytest.approx(alone["a + b + c"] - alone["a + b"])


def test_a_single_member_can_not_be_left_out_and_the_table_is_empty(voters):
    table = leave_one_out(Voters(("a",), voters.probabilities[:1], (1.0,), voters.labels))
    assert table.empty
    assert table.columns.tolist() == leave_one_out(voters).columns.tolist()


def test_agreement_is_a_share_of_the_images(voters):
    shares = agreement(voters)
    np.testing.assert_array_equal(np.diag(shares), 1)
    np.testing.assert_array_equal(shares, shares.T)
    counts = agreement_counts(voters)
    assert counts["images"].sum() == 300
    assert counts["accuracy"].iloc[0] > counts["accuracy"].iloc[-1]


def test_saved_minus_spoiled_is_the_gain(voters):
    saved, spoiled = saved_and_spoiled(voters, 0)
    gain = voters.right((0, 1, 2)).mean() - voters.right([0]).mean()
    assert saved.mean() - spoiled.mean() == pytest.approx(gain)
    assert not (saved & spoiled).any()


def test_too_many_members_and_wrong_shapes_are_named(voters):
    many = Voters(tuple("abcdefghi"), np.repeat(voters.probabilities[:1], 9, axis=0), (1.0,) * 9, voters.labels)
    with pytest.raises(ValueError, match="at most 8 members, got 9"):
        subsets(many)
    with pytest.raises(ValueError, match="probabilities: expected shape"):
        Voters(("a",), voters.probabilities, (1.0,), voters.labels)
