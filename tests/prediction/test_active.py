from pathlib import Path

import pytest

from fer_core.prediction.active import active_card, pointer_file, use_card, use_shipped
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.errors import ModelError


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))


def test_the_shipped_ensemble_answers_until_another_is_chosen_and_can_be_restored(tiny_card: Path) -> None:
    assert active_card() == SHIPPED_CARD
    use_card(tiny_card)
    assert active_card() == tiny_card
    use_shipped()
    use_shipped()
    assert active_card() == SHIPPED_CARD


def test_a_damaged_card_is_refused_and_changes_nothing(tiny_card: Path, tmp_path: Path) -> None:
    use_card(tiny_card)
    broken = tmp_path / "ensemble.json"
    broken.write_text("{}")
    with pytest.raises(ModelError, match="members"):
        use_card(broken)
    assert active_card() == tiny_card


def test_an_ensemble_that_is_gone_gives_way_to_the_shipped_one(tiny_card: Path, tmp_path: Path) -> None:
    use_card(tiny_card)
    pointer_file().write_text(str(tmp_path / "deleted" / "ensemble.json"))
    assert active_card() == SHIPPED_CARD
