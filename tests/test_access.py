import pytest

from fer_core.access import read_only


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("true", True), ("", False), ("0", False), ("no", False)])
def test_read_only_follows_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("FER_READ_ONLY", value)
    assert read_only() is expected


def test_without_the_setting_everything_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FER_READ_ONLY", raising=False)
    assert not read_only()
