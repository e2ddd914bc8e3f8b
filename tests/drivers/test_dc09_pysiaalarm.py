"""Against pysiaalarm: its receiver hears our panel's twin, and its parser reads what ours answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from pysiaalarm import SIAAccount, SIAEvent
from pysiaalarm.aio import SIAClient

from gateway.protocols.dc09.acceptance import AcceptedMessage, accept_or_reject
from gateway.simulator.dc09 import SIA, Communicator, CommunicatorSettings
from tests.support.ports import HOST, free_port

KEYS = pytest.mark.parametrize("key", [None, "A" * 16, "B" * 24, "C" * 32], ids=["plain", "128", "192", "256"])


@asynccontextmanager
async def another_receiver(key: str | None) -> AsyncIterator[tuple[int, list[SIAEvent]]]:
    heard: list[SIAEvent] = []

    async def take(event: SIAEvent) -> None:
        heard.append(event)

    port = free_port()
    async with SIAClient(HOST, port, [SIAAccount("1234", key)], take):
        yield port, heard


@KEYS
async def test_our_panel_reports_to_another_receiver(key: str | None) -> None:
    """It is acknowledged by it, and its events read as they were meant.

    One at a time, as panels do: it drops the second of two frames in a segment.
    """
    async with another_receiver(key) as (port, heard):
        panel = Communicator(CommunicatorSettings(HOST, port, "1234", key.encode() if key else None))
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
            running = tasks.create_task(panel.run())
            for report in (("1130 01 015",), ("3401 01 002",), ("Nri1/FA004", SIA)):
                panel.report(*report)
                await panel.wait_until_sent()
            running.cancel()
    assert (panel.acknowledged, panel.retransmitted) == (3, 0)
    assert [(event.code, event.ri) for event in heard] == [("BA", "015"), ("CL", "002"), ("FA", "1")]
    assert all(event.valid_message and event.valid_timestamp for event in heard)


def test_its_receiver_and_ours_answer_alike() -> None:
    """The same acknowledgement, byte for byte, to the standard's example."""
    line = 'CE110032"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]'
    theirs = SIAEvent.from_line(line, {"12345A": SIAAccount("12345A")}).create_response()
    ours = accept_or_reject(line[8:].encode(), {"12345A": None}, datetime.now(UTC))
    assert isinstance(ours, AcceptedMessage)
    assert ours.ack(datetime.now(UTC)) == theirs
