"""A process that is killed: `python -m tests.notify.outbox_process DATA ENTRIES FIRST COUNT`.

It enqueues COUNT messages for each notifier of ENTRIES (JSON), each in a transaction of its own together with a row
of another table, prints the number once that is committed, and sends meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from gateway.notifier import NoDevices
from gateway.notify import Outbox
from gateway.store import Store
from tests.support.notifications import entry, message


class Silent:
    def held(self):
        return frozenset()

    async def begin(self, key, severity, words): ...

    async def end(self, key, words): ...


def say(number: int) -> None:
    sys.stdout.write(f"committed {number}\n")
    sys.stdout.flush()


async def main(data: str, entries: str, first: int, count: int) -> None:
    made = [entry(keys["id"], keys) for keys in json.loads(entries)]
    async with Store.open(Path(data)) as store, asyncio.TaskGroup() as tasks:
        outbox = Outbox(store, lambda: datetime.now(UTC), NoDevices(), Silent())
        await outbox.apply(made, outbox.make(made), UTC)
        running = tasks.create_task(outbox.run())
        for number in range(first, first + count):
            told = [message(number, each.id) for each in made]

            def unit(connection, number=number, told=told):
                connection.execute("CREATE TABLE IF NOT EXISTS incidents_of_test (number INTEGER PRIMARY KEY)")
                connection.execute("INSERT OR IGNORE INTO incidents_of_test VALUES (?)", (number,))
                outbox.enqueue(connection, told)

            await store.write(unit)
            say(number)
        await running


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
