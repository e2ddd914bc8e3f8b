"""A guard's voice for tests of the intercom: a tone, and how long it takes there and back."""

from __future__ import annotations

import asyncio
import math
import time
from array import array

from gateway.protocols.sip.audio import AudioSession
from gateway.protocols.sip.rtp import FRAME_BYTES
from gateway.protocols.sip.sdp import FRAME_MS, SAMPLE_RATE

VOICE_HZ = 700
_LOUD = 1500
_QUIET_PACKETS, _MOST_PACKETS = 50, 150


def tone(hertz: int, start: int, samples: int) -> bytes:
    """As `AudioSession` takes it, from the sample `start` of the tone on."""
    return array(
        "h", (round(6000 * math.sin(2 * math.pi * hertz * (start + n) / SAMPLE_RATE)) for n in range(samples))
    ).tobytes()


async def round_trip(talk: AudioSession) -> float:
    """Seconds from a first loud packet to the first loud one that comes back."""
    came: list[float] = []

    async def hear() -> None:
        while sound := await talk.receive():
            if max(map(abs, array("h", sound))) > _LOUD:
                came.append(time.monotonic())
                return

    hearing = asyncio.create_task(hear())
    began = said = time.monotonic()
    for number in range(_MOST_PACKETS):
        quiet = number < _QUIET_PACKETS
        said = time.monotonic() if number <= _QUIET_PACKETS else said
        talk.send(bytes(FRAME_BYTES) if quiet else tone(VOICE_HZ, number * FRAME_BYTES // 2, FRAME_BYTES // 2))
        if hearing.done():
            break
        await asyncio.sleep(max(0.0, began + FRAME_MS / 1000 * (number + 1) - time.monotonic()))
    async with asyncio.timeout(1):
        await hearing
    return came[0] - said
