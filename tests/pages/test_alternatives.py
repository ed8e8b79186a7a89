"""What those who can't see a chart or a picture are told of it."""

import ast
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "pages"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.py")), ids=lambda page: page.stem)
def test_every_chart_and_picture_has_a_text(page: Path) -> None:
    shown = [
        node
        for node in ast.walk(ast.parse(page.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("plotly_chart", "image")
    ]
    assert not [call.lineno for call in shown if "alt" not in {word.arg for word in call.keywords}]
