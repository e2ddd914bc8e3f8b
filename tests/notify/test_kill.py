"""kill -9 between enqueue and send: what was committed is delivered, and no message that can tell itself is doubled."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing

import pytest

from tests.notify.conftest import settled
from tests.support.notifications import message
from tests.support.robots import entries, robots

KILLS, EACH = 6, 12


@pytest.mark.timeout(170)
async def test_nothing_is_lost_and_what_has_an_id_is_not_doubled(tmp_path):
    async with robots() as judge:
        judge.per_minute = 10_000
        keys = entries(judge.url)
        used = [{"id": kind, "per_minute": 600, **keys[kind]} for kind in ("webhook", "wecom")]
        committed: set[int] = set()
        for life in range(KILLS):
            process = start(tmp_path, used, life * EACH, EACH)
            # After so many commits, and at any instant of the sending that goes on meanwhile.
            until, told = life * EACH + random.randrange(EACH), ""
            while f"committed {until}" not in told.splitlines():
                line = await asyncio.to_thread(process.stdout.readline)
                assert line, told
                told += line
            await asyncio.sleep(random.uniform(0, 0.3))
            process.kill()
            told += process.communicate()[0]
            committed |= {int(line.split()[1]) for line in told.splitlines() if line.startswith("committed ")}
        with closing(sqlite3.connect(tmp_path / "anju.db")) as connection:
            kept = {row[0] for row in connection.execute("SELECT number FROM incidents_of_test")}
        assert committed <= kept
        last = start(tmp_path, used, 0, 0)
        titles = {message(number).title.zh for number in kept}
        try:
            await settled(lambda: titles <= {text_of(body) for body in judge.of("wecom")})
            await settled(lambda: {message(number, "webhook").row_id() for number in kept} <= set(judge.ids))
        finally:
            last.kill()
            last.communicate()
        assert len(kept) > EACH
        notifications = [body["data"]["id"] for body in judge.of("webhook") if body["type"] == "anju.notification"]
        # The receiver knows an id that it has: told once each, whatever was cut off.
        assert set(notifications) == {message(number, "webhook").row_id() for number in kept}
        doubled = sum(count - 1 for count in Counter(map(text_of, judge.of("wecom"))).values())
        # A chat robot can't tell: at most the one that was under way at each kill.
        assert doubled <= KILLS
        assert len(notifications) - len(set(notifications)) <= KILLS
        assert {text_of(body) for body in judge.of("wecom")} == titles


def text_of(body):
    return body["text"]["content"].splitlines()[0]


def start(data, used, first, count):
    arguments = [str(data), json.dumps(used), str(first), str(count)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.notify.outbox_process", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
