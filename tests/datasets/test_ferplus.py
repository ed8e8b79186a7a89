from dataclasses import replace

import numpy as np
import pytest

from fer_core.datasets.errors import DatasetError
from fer_core.datasets.ferplus import VOTES, agreement, emotion_votes, majority_labels, read_votes, table_beside
from fer_core.emotions import EMOTIONS

HAPPY = EMOTIONS.index("happy")


def votes(**counts):
    return [counts.get(name, 0) for name in VOTES]


def test_alone_tied_and_outvoted_labels():
    table = np.array([votes(happiness=8, sadness=2), votes(happiness=5, sadness=5), votes(happiness=1, contempt=9)])
    found = agreement(np.full(3, HAPPY), table)
    assert (found.images, found.share, found.strict_share) == (3, pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert found.disagreeing.tolist() == [2]


def test_an_image_with_votes_for_no_face_alone_neither_agrees_nor_disagrees():
    found = agreement(np.full(2, HAPPY), np.array([votes(happiness=9), votes(nf=10)]))
    assert (found.images, found.share, found.disagreeing.tolist()) == (2, 0.5, [])


def test_votes_for_unknown_do_not_outvote_and_images_without_votes_do_not_count():
    table = np.array([votes(happiness=4, unknown=6), votes()])
    found = agreement(np.full(2, HAPPY), table)
    assert (found.images, found.share) == (1, 1.0)


def test_each_label_is_compared_with_its_own_column():
    names = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
    assert agreement(np.arange(7), np.array([votes(**{name: 9}) for name in names])).share == 1


def test_votes_are_found_by_file_or_row(drawn, tmp_path):
    path = tmp_path / "index.csv"
    head = "file,row," + ",".join(f"ferplus_{name}" for name in VOTES)
    path.write_text(f"{head}\n{drawn.names[3]},17,1,2,3,0,0,0,0,0,0,4\n")
    assert read_votes(path, drawn)[3].tolist() == [1, 2, 3, 0, 0, 0, 0, 0, 0, 4]
    assert not read_votes(path, drawn)[4].any()


def test_ferplus_own_table_goes_with_fer2013_csv_row_by_row(drawn, tmp_path):
    path = tmp_path / "fer2013new.csv"
    head = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    none = "Training,,0,0,0,0,0,0,0,0,0,0\n" * (len(drawn) - 2)
    path.write_text(f"{head}\nTraining,fer0000000.png,4,0,0,1,3,2,0,0,0,0\nTraining,,0,10,0,0,0,0,0,0,0,0\n{none}")
    named = replace(drawn, rows=np.arange(len(drawn)))
    found = read_votes(path, named)
    assert found[:2].tolist() == [[4, 0, 0, 1, 3, 2, 0, 0, 0, 0], [0, 10, 0, 0, 0, 0, 0, 0, 0, 0]]
    assert not found[2:].any()
    path.write_text(f"file,{head}\nim0.png,Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0\n")
    for other in (drawn, named):
        with pytest.raises(DatasetError, match="none of these images"):
            read_votes(path, other)


def test_ferplus_own_table_is_refused_for_a_fer2013_csv_that_lost_rows(drawn, tmp_path):
    """The rows of a table that lost one in the middle, or its end, are numbered anew; those skipped are not."""
    path, other = tmp_path / "fer2013new.csv", tmp_path / "index.csv"
    path.write_text(",".join(VOTES) + "\n" + "1,0,0,0,0,0,0,0,0,0\n" * len(drawn))
    numbered = [f"im{row}.png,{row},1,0,0,0,0,0,0,0,0,0" for row in range(len(drawn))]
    other.write_text("\n".join(["file,row," + ",".join(VOTES), *numbered]))
    unreadable = np.delete(np.arange(len(drawn)), 3)
    assert read_votes(path, replace(drawn.take(unreadable), rows=unreadable)).sum() == len(drawn) - 1
    for lost in (1, 40):
        cut = replace(drawn.take(np.arange(len(drawn) - lost)), rows=np.arange(len(drawn) - lost))
        for table in (path, other):
            with pytest.raises(DatasetError, match=f"of which there are {len(drawn) - lost} here: votes could go to"):
                read_votes(table, cut)


def test_an_index_of_something_else_does_not_hide_ferplus_own_table(tmp_path):
    (tmp_path / "index.csv").write_text("page,title\n1,Faces\n")
    assert table_beside(tmp_path / "fer2013.csv") is None
    (tmp_path / "fer2013new.csv").write_text("Usage,Image name," + ",".join(VOTES) + "\n")
    assert table_beside(tmp_path / "fer2013.csv") == tmp_path / "fer2013new.csv"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,row\nx,1\n", "column 'neutral' missing"),
        ("file,row," + ",".join(f"ferplus_{n}" for n in VOTES) + "\nx,1" + ",0" * 10 + "\n", "none of these images"),
        ("file,row," + ",".join(f"ferplus_{n}" for n in VOTES) + "\nx,1" + ",?" * 10 + "\n", "not a readable table"),
        (",".join(VOTES) + ",row\n" + "0," * 10 + "1\n0,0\n", "not a readable table"),
    ],
)
def test_a_table_of_something_else_is_refused(drawn, tmp_path, text, message):
    path = tmp_path / "index.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_votes(path, drawn)


@pytest.mark.parametrize("count", ["256", "-1"])
def test_votes_that_are_no_numbers_of_votes_are_refused(drawn, tmp_path, count):
    path = tmp_path / "index.csv"
    head = "file,row," + ",".join(f"ferplus_{name}" for name in VOTES)
    path.write_text(f"{head}\n{drawn.names[0]},1,{count}" + ",0" * 9 + "\n")
    with pytest.raises(DatasetError, match="not a readable table of FER"):
        read_votes(path, drawn)


def test_the_majority_is_one_of_the_seven_or_none():
    table = [votes(sadness=6, neutral=4), votes(happiness=5, sadness=5), votes(contempt=9), votes(nf=9), votes()]
    assert majority_labels(np.array(table)).tolist() == [EMOTIONS.index("sad"), -1, -1, -1, -1]


@pytest.mark.parametrize("shape", [(7, 7), (6, 10), (10,)])
def test_votes_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"votes: expected shape \(7, 10\)"):
        agreement(np.arange(7), np.ones(shape, int))
    if shape != (6, 10):
        for count in (majority_labels, emotion_votes):
            with pytest.raises(ValueError, match=r"votes: expected shape \(n, 10\)"):
                count(np.ones(shape, int))
