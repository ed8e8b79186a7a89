import numpy as np
import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.errors import DatasetError
from fer_core.datasets.ferplus import VOTES
from fer_core.datasets.soft_labels import SoftLabels, voted_labels
from fer_core.datasets.store import save_dataset
from fer_core.emotions import EMOTIONS
from fer_core.prediction.ensemble import Ensemble


@pytest.fixture(scope="module")
def drawn():
    return drawn_dataset(400)


def soften(*arguments):
    return CliRunner().invoke(app, ["soften", *map(str, arguments)])


def probabilities(n, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(7), n).astype(np.float32)


def test_they_are_found_by_the_pixels_in_another_order_and_after_writing(drawn, tmp_path):
    training = drawn.where("Training")
    soft = probabilities(len(training))
    SoftLabels.of(drawn, training, soft, "somebody").write(tmp_path / "soft.npz")
    found = SoftLabels.read(tmp_path / "soft.npz")
    unique = np.isin(drawn.groups[training], np.flatnonzero(np.bincount(drawn.groups[training]) == 1))
    backwards = drawn.take(np.arange(len(drawn))[::-1])
    places = len(drawn) - 1 - training
    assert found.source == "somebody"
    assert np.allclose(found.for_images(backwards, places)[unique], soft[unique], atol=1e-3)


def test_copies_of_an_image_get_their_mean(drawn):
    twice = np.array([3, 3])
    soft = np.eye(7, dtype=np.float32)[[0, 1]]
    assert SoftLabels.of(drawn, twice, soft, "").for_images(drawn, twice[:1])[0, :2].tolist() == [0.5, 0.5]


def test_images_without_are_counted_and_named(drawn):
    soft = SoftLabels.of(drawn, np.arange(5), probabilities(5), "somebody")
    with pytest.raises(DatasetError, match=f"none for 2 of 4 images, the first is {drawn.names[10]}"):
        soft.for_images(drawn, np.array([0, 10, 4, 11]))
    with pytest.raises(DatasetError, match="none for 1 of 1"):
        SoftLabels(np.empty(0, "U32"), np.empty((0, 7), np.float32), "").for_images(drawn, np.array([0]))


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_what_is_no_file_of_soft_labels_is_told_with_the_way_to_one(content, tmp_path):
    if content is not None:
        (tmp_path / "soft.npz").write_bytes(content)
    with pytest.raises(DatasetError, match=r"soft\.npz: no readable soft labels.*soften"):
        SoftLabels.read(tmp_path / "soft.npz")


def test_a_single_array_and_arrays_of_other_shapes_are_told(tmp_path):
    np.save(tmp_path / "soft.npy", probabilities(3))
    with pytest.raises(DatasetError, match=r"soft\.npy: no readable soft labels.*soften"):
        SoftLabels.read(tmp_path / "soft.npy")
    for hashes in ("one", ["one", "two"]):
        np.savez(tmp_path / "soft.npz", hashes=np.array(hashes), probabilities=probabilities(1), source="somebody")
        with pytest.raises(DatasetError, match=r"expected \(n,\) hashes and \(n, 7\) prob.*, got .* and \(1, 7\)"):
            SoftLabels.read(tmp_path / "soft.npz")


def test_votes_become_shares_and_their_absence_the_label(drawn):
    votes = np.zeros((len(drawn), len(VOTES)), np.uint8)
    first, second = drawn.where("Training")[:2]
    votes[first, [VOTES.index("sadness"), VOTES.index("fear"), VOTES.index("contempt")]] = (6, 2, 2)
    votes[second, VOTES.index("nf")] = 10
    found = voted_labels(drawn, votes).for_images(drawn, np.array([first, second]))
    assert found[0, EMOTIONS.index("sad")] == pytest.approx(0.75)
    assert found[0, EMOTIONS.index("fearful")] == pytest.approx(0.25)
    assert found[1].argmax() == drawn.labels[second]
    with pytest.raises(ValueError, match=r"votes: expected shape \(400, 10\)"):
        voted_labels(drawn, votes[:-1])


def test_the_command_writes_what_the_teacher_says(drawn, tiny_card, tmp_path):
    save_dataset(drawn, tmp_path / "drawn.npz")
    done = soften("--data", tmp_path / "drawn.npz", "--teacher", tiny_card, "--to", tmp_path / "soft.npz")
    assert done.exit_code == 0, done.stderr
    found = SoftLabels.read(tmp_path / "soft.npz")
    training = drawn.where("Training")
    expected = Ensemble.load(tiny_card).probabilities(drawn.images[training])
    assert np.allclose(found.for_images(drawn, training), expected, atol=2e-3)
    assert "tiny ensemble" in found.source


def test_the_command_says_what_is_wrong(tmp_path, tiny_card):
    missing = soften("--data", tmp_path / "none.zip", "--to", tmp_path / "soft.npz")
    assert (missing.exit_code, "none.zip" in missing.stderr) == (1, True)
    both = soften("--teacher", tiny_card, "--ferplus", tmp_path / "index.csv", "--to", tmp_path / "soft.npz")
    assert both.exit_code == 2


def test_the_command_says_before_the_work_that_it_cannot_write(tmp_path):
    done = soften("--data", tmp_path / "none.zip", "--to", tmp_path)
    assert done.exit_code == 1
    assert f"--to: {tmp_path} can't be written (it is a folder)" in done.stderr
