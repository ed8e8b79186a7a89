import pytest

from pages.commands import shown_command, typed_path


@pytest.mark.parametrize(("system", "quoted"), [("posix", "'C:\\my faces'"), ("nt", '"C:\\my faces"')])
def test_a_command_is_written_as_the_systems_shell_takes_it(
    monkeypatch: pytest.MonkeyPatch, system: str, quoted: str
) -> None:
    with monkeypatch.context() as other:
        other.setattr("os.name", system)
        shown = shown_command(["data", "import", r"C:\my faces"])
    assert shown == f"python -m fer_core data import {quoted}"


def test_quotes_and_spaces_around_a_pasted_path_are_left_out() -> None:
    assert typed_path(' "C:\\my faces\\archive.zip" ') == "C:\\my faces\\archive.zip"
