"""Five kills of what `make crash` does fifty times."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from tests.crash.campaign import Campaign
from tests.crash.show import table

KILLS = 5


@pytest.mark.timeout(240)
@pytest.mark.needs("mosquitto", "mosquitto")
async def test_what_was_acknowledged_survives_being_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = await Campaign(tmp_path, KILLS, seed=KILLS).run()
    with capsys.disabled():
        Console(width=110).print("", table(report))
    assert report.holds, str(report)  # a string, which pytest prints whole
