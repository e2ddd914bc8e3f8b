"""What a phone loads at a door: bytes of each page with all that it needs, as sent and as gzip would make them.

Run it with `python -m tests.bench.pages`. The pages must stay below 50 kB, which tests/web/test_door_plate_browser.py
checks in Chromium; a second look loads the page alone, for the rest stays in the phone for a year.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
import tempfile
from pathlib import Path

import aiohttp
import structlog
from rich.console import Console
from rich.table import Table

from tests.web.conftest import world

ROOM = "b3/u1/1502"
LOADED = re.compile(r'(?:href|src)="(/static/[^"]+)"')


async def measured() -> list[tuple[str, int, int, int]]:
    """Name, bytes of the page, bytes with all that it loads, and the same packed."""
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder)) as anju, aiohttp.ClientSession(anju.url) as phone:
            [plate] = await anju.door_plates.issue([ROOM], anju.now)
            visit = await anju.services.door_plate_service.visits.announce(ROOM, "李师傅", "")
            form = {"category": "water", "text": "楼道滴水"}
            async with phone.post(f"/d/{plate.token}", data=form) as answer:
                progress = answer.url.path
            paths = {
                "door plate": f"/d/{plate.token}",
                "call for help": f"/d/{plate.token}/help",
                "announce a visit": f"/d/{plate.token}/visit",
                "waiting visitor": f"/d/v/{visit}",
                "report's progress": progress,
                "tenant's registration": f"/d/{plate.token}/register",
                "staff": f"/d/{plate.token}/staff",
            }
            return [(name, *await _weight(phone, path)) for name, path in paths.items()]


async def _weight(phone: aiohttp.ClientSession, path: str) -> tuple[int, int, int]:
    async with phone.get(path) as answer:
        page = await answer.read()
    parts = [page]
    for address in sorted(set(LOADED.findall(page.decode()))):
        async with phone.get(address) as answer:
            parts.append(await answer.read())
    return len(page), sum(map(len, parts)), sum(len(gzip.compress(part)) for part in parts)


def main() -> None:
    """Print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    table = Table("page", "alone, bytes", "with all, bytes", "packed, bytes")
    for row in asyncio.run(measured()):
        table.add_row(*map(str, row))
    Console().print(table)


if __name__ == "__main__":
    main()
