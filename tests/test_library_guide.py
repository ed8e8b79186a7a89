"""docs/library.md promises that its blocks run as they stand."""

import re
from pathlib import Path

import numpy as np
import pytest

from fer_core.prediction.decode import decode
from fer_core.prediction.samples import SAMPLES
from tests.prediction.clips import moving, write_clip

GUIDE = Path(__file__).parents[1] / "docs" / "library.md"


@pytest.mark.slow
def test_the_guides_blocks_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    photo = SAMPLES[0].read()
    Path("photo.jpg").write_bytes(photo)
    write_clip(Path("walk.mp4"), moving(decode(photo, "photo.jpg"), 12))
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    together: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), together)
    told = capsys.readouterr().out
    assert "happy" in told
    assert np.isfinite(together["scores"].accuracy)
    assert {"confusion.html", "curves.html", "roc.html"} <= {file.name for file in tmp_path.iterdir()}
