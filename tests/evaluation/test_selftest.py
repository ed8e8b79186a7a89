from itertools import pairwise

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.selftest import HINTS, Attempt, attempts_frame, order_of_expressions, own_confusion


def attempt(asked: str, read: str) -> Attempt:
    return Attempt(asked, np.eye(7)[EMOTIONS.index(read)], np.zeros((48, 48), np.uint8))


@pytest.mark.parametrize("seed", range(20))
def test_each_expression_stands_in_each_round_and_never_twice_running(seed: int) -> None:
    order = order_of_expressions(3, seed)
    assert all(sorted(order[start : start + 7]) == sorted(EMOTIONS) for start in (0, 7, 14))
    assert all(one != other for one, other in pairwise(order))


def test_no_round_is_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        order_of_expressions(0, 0)


def test_the_own_matrix_has_what_was_asked_in_rows() -> None:
    matrix = own_confusion([attempt("happy", "happy"), attempt("sad", "neutral"), attempt("sad", "neutral")])
    assert matrix.sum() == 3
    assert matrix[EMOTIONS.index("sad"), EMOTIONS.index("neutral")] == 2


def test_the_table_holds_no_picture() -> None:
    frame = attempts_frame([attempt("happy", "sad")])
    assert frame.columns.tolist() == ["asked", "read", *EMOTIONS]
    assert attempts_frame([]).empty


def test_there_is_a_hint_for_each_expression() -> None:
    assert tuple(HINTS) == EMOTIONS
