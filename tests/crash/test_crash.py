"""Five kills of what `make crash` does fifty times, and one round of each fault of the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from tests.crash.campaign import Campaign
from tests.crash.disk import FAULTS, DiskCampaign
from tests.crash.show import disk_table, table

KILLS = 5


@pytest.mark.timeout(240)
@pytest.mark.needs("mosquitto", "mosquitto")
async def test_what_was_acknowledged_survives_being_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = await Campaign(tmp_path, KILLS, seed=KILLS).run()
    with capsys.disabled():
        Console(width=110).print("", table(report))
    assert report.holds, str(report)  # a string, which pytest prints whole


@pytest.mark.timeout(240)
async def test_nothing_acknowledged_is_hidden_when_the_disk_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = await DiskCampaign(tmp_path, len(FAULTS), seed=len(FAULTS)).run()
    with capsys.disabled():
        Console(width=110).print("", disk_table(report))
    assert report.holds, str(report)
