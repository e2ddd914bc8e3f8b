"""Speaks a recorded text at a door station: calls it, plays the text, hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.sip.calls import CallState, StationCall
from gateway.protocols.sip.change_notifier import ChangeNotifier, loop_time
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.rtp import FRAME_BYTES
from gateway.protocols.sip.sdp import FRAME_MS
from gateway.protocols.sip.sound import read_sound
from gateway.settings.mend import Wrong

ANSWER_TIMEOUT_S = 15.0
"""A station answers by itself (auto answer), or somebody at it presses its button."""
_LEAD_IN_MS, _LEAD_OUT_S = 300, 0.5
"""Silence before the text, while the audio bridge connects; and the time that the last packets take to the station."""


class Announcer:
    """Plays texts into calls that are being made. `changes` wakes when a call has changed."""

    def __init__(self, engine: Engine, link: SipLink, changes: ChangeNotifier) -> None:
        self._engine, self._link, self._changes = engine, link, changes

    async def speak(self, call: StationCall, file: Path) -> float:
        """Returns the seconds that were played, once the call is over. Raises CommandFailed, LinkLost."""
        try:
            samples = await asyncio.to_thread(read_sound, file)
        except (OSError, Wrong) as error:
            raise CommandFailed(
                Words(f"读不出录音文件 {file.name}", f"{file.name} can't be played: {error}")
            ) from error
        await self._until_answered(call)
        async with self._link.speech(call) as send:
            await _play(bytes(FRAME_BYTES * (_LEAD_IN_MS // FRAME_MS)) + samples, send, lambda: _is_up(call))
            await asyncio.sleep(_LEAD_OUT_S)
        if not _is_up(call):
            raise CommandFailed(Words("没播完，对方挂断了", f"{call.station.name} hung up before the end"))
        call.ended_by = "announced"
        await self._engine.hang_up(call.sip_call_id)
        await self._changes.wait_until(lambda: call.state is CallState.ENDED)
        return round(len(samples) / FRAME_BYTES * FRAME_MS / 1000, 1)

    async def _until_answered(self, call: StationCall) -> None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._changes.wait_until(lambda: call.state is not CallState.CALLING)
        except TimeoutError:
            en = f"{call.station.name} did not answer: switch on its auto answer for calls of the guard room"
            raise CommandFailed(Words("门口机没有接听；请打开它对值班室来电的自动接听", en)) from None
        if call.state is not CallState.ANSWERED:
            raise CommandFailed(Words("门口机没有接听", f"{call.station.name} did not answer: {call.engine_status}"))


def _is_up(call: StationCall) -> bool:
    return call.state is CallState.ANSWERED


async def _play(samples: bytes, send: Callable[[bytes], None], goes_on: Callable[[], bool]) -> None:
    """Send a packet every 20 ms, by the clock, so that a late one is followed by the next at once."""
    began = loop_time()
    for number, start in enumerate(range(0, len(samples), FRAME_BYTES)):
        if not goes_on():
            return
        await asyncio.sleep(max(0.0, began + number * FRAME_MS / 1000 - loop_time()))
        send(samples[start : start + FRAME_BYTES])
