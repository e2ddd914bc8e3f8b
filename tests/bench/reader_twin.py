"""OSDP readers in a process of their own: `python -m tests.bench.reader_twin READERS BAUD KEY`.

It says where its line is, then holds a card to one of its readers for every line it is sent, after a
moment by chance, and says when it did (the machine's monotonic clock): `number time`.
"""

from __future__ import annotations

import asyncio
import random
import selectors
import sys
import time

import click

from gateway.protocols.credential.wiegand import encode
from gateway.simulator.osdp import SimulatedReader, reader_line


async def main(count: int, baud: int, key: str) -> None:
    readers = [SimulatedReader(address, bytes.fromhex(key)) for address in range(count)]
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with reader_line(readers, baud) as (_, path):
        click.echo(path)
        number = 0
        while await orders.readline():
            await asyncio.sleep(random.uniform(0.1, 0.4))
            number += 1
            random.choice(readers).card(*encode("H10301", number, 1))
            click.echo(f"{number} {time.monotonic()}")


if __name__ == "__main__":
    # epoll sleeps whole milliseconds, which made a poll at 38400 baud a tenth longer than on a wire
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
