from itertools import pairwise

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.selftest import (
    HINTS,
    READY_SECONDS,
    SHOW_SECONDS,
    Attempt,
    TimedTurn,
    attempts_frame,
    order_of_expressions,
    own_confusion,
)


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


def reading(emotion: str, gray: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return np.eye(7)[EMOTIONS.index(emotion)], np.full((48, 48), gray, np.uint8)


def noted(turn: TimedTurn, begin: float, seconds: float, emotion: str | None) -> Attempt | None:
    """Note each half second of a time, its end included; what the last one gives."""
    for moment in np.arange(0, seconds + 0.25, 0.5):
        last = turn.note(begin + moment, reading(emotion) if emotion else None)
    return last


def test_a_turn_reads_what_is_shown_after_the_time_to_get_ready() -> None:
    turn = TimedTurn("sad")
    assert noted(turn, 100.0, READY_SECONDS - 1, "happy") is None
    assert turn.left(101.0) == (READY_SECONDS - 1, SHOW_SECONDS)
    shown = 100.0 + READY_SECONDS
    assert turn.note(shown, reading("sad", 1)) is None
    assert turn.note(shown + 1, reading("neutral", 2)) is None
    assert turn.left(shown + 1) == (0, SHOW_SECONDS - 1)
    assert noted(turn, shown + 1.5, SHOW_SECONDS - 2, "sad") is None
    attempt = turn.note(shown + SHOW_SECONDS, reading("sad", 3))
    assert (attempt.asked, attempt.read) == ("sad", "sad")
    assert attempt.probabilities[EMOTIONS.index("neutral")] == pytest.approx(1 / 8)
    assert attempt.crop.max() != 2, "a face that was read as the mean says"


@pytest.mark.parametrize("later", [0.5, 50.0 + READY_SECONDS + SHOW_SECONDS], ids=["goes back", "stands still"])
def test_a_turn_begins_anew_when_its_clock_goes_back_or_nothing_is_noted_for_long(later: float) -> None:
    turn = TimedTurn("sad")
    noted(turn, 50.0, READY_SECONDS, "happy")
    assert turn.note(later, reading("happy")) is None
    assert turn.left(later) == (READY_SECONDS, SHOW_SECONDS)
    noted(turn, later + 0.5, READY_SECONDS - 1, "happy")
    attempt = noted(turn, later + READY_SECONDS, SHOW_SECONDS, "sad")
    assert attempt.probabilities[EMOTIONS.index("sad")] == 1


def test_a_turn_begins_anew_when_the_face_is_gone_while_it_is_read() -> None:
    turn = TimedTurn("sad")
    noted(turn, 0.0, READY_SECONDS, "happy")
    begin = READY_SECONDS + 1
    assert turn.note(begin, None) is None
    assert turn.left(begin) == (READY_SECONDS, SHOW_SECONDS)
    noted(turn, begin + 0.5, READY_SECONDS - 1, None)
    assert noted(turn, begin + READY_SECONDS, SHOW_SECONDS, "sad").read == "sad"
