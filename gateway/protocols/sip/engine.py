"""Commands to baresip and events from it, over its control connection."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from gateway.errors import CommandFailed, LinkLost
from gateway.model import Words
from gateway.protocols.sip.config_folder import EngineAccounts
from gateway.protocols.sip.control import CommandResponse, ControlMessage, EngineEvent, InvalidMessage, encode

_CALL_ID = re.compile(r"^ af=\S+ id=(\S+)$", re.MULTILINE)
RESPONSE_TIMEOUT_S = 5.0
"""baresip responds within a millisecond, or hangs."""
ENGINE_DOWN_ZH = "对讲程序中断，正在重新启动"
_MAX_EVENTS = 1000
"""Queued events; a call has a dozen."""


class Engine:
    """baresip behind its control connection.

    `next_event` returns its events in order. Commands are sent one group after the other, each group in one write:
    baresip acts on a "current" call, and no event may change that between selecting a call and acting on it.
    """

    def __init__(self, accounts: EngineAccounts) -> None:
        self.accounts = accounts
        self._pending: dict[str, asyncio.Future[CommandResponse]] = {}
        self._events: asyncio.Queue[EngineEvent | InvalidMessage | None] = asyncio.Queue()
        self._token = 0
        self._transport: asyncio.Transport | None = None
        self._lost_reason = "the engine is not connected"

    async def next_event(self) -> EngineEvent | InvalidMessage:
        """Raises LinkLost once the engine is lost."""
        item = await self._events.get()
        if item is None:
            raise LinkLost(Words(ENGINE_DOWN_ZH, self._lost_reason))
        return item

    async def registered(self) -> bool | None:
        """Whether the registrar accepted us; None while it has not answered, or without a registrar.

        Raises LinkLost when baresip hangs. The state is queried rather than remembered from events, because events
        before the control connection was made are lost.
        """
        [response] = await self._send(("reginfo", ""))
        line = next((line for line in response.text.splitlines() if f" {self.accounts.stations} " in line), "")
        return True if "mOK " in line else False if "mERR" in line else None

    async def answer(self, call: str) -> None:
        """Answer a station's call while others go on ringing.

        baresip 1.0 first puts the call before the chosen one on hold, and gives up if that fails, as it does with a
        call that only rings. At a second `accept` it finds that call on hold, and answers. So `accept` is sent twice,
        and `resume` first, for a call that was put on hold in this way.
        """
        await self._on_call(call, ("resume", ""), ("accept", ""), ("accept", ""))

    async def hang_up(self, call: str) -> None:
        """End a station's call, ringing or answered."""
        await self._on_call(call, ("hangup", ""))

    async def send_dtmf(self, call: str, keys: str) -> None:
        """Send keys as RFC 4733 events. Raises CommandFailed if the call does not support them, or has ended."""
        status = (await self._on_call(call, ("callstat", "")))[-1].text
        # Without it baresip would silently send nothing.
        if "telephone-event" not in status.partition("remote formats")[2]:
            en = "the station takes no keys in a call: switch on DTMF by RFC 2833/4733 there"
            raise CommandFailed(Words("对讲不接收按键，没有开门，请通知安装员", en))
        # Selected again: another call may have become current since `callstat`.
        responses = await self._send(*self._select(call), ("sndcode", keys))
        if not _call_found(responses):
            en = "a call ended while keys were sent: it is not known which call got them"
            raise CommandFailed(Words("发送开门按键时对讲挂断，门可能未开", en))

    async def dial(self, account: str, uri: str) -> str:
        """Call somebody. Returns the Call-ID."""
        responses = await self._send(("uafind", account), ("dial", uri), ("callstat", ""), check=True)
        match = _CALL_ID.search(responses[-1].text)
        if match is None:
            raise CommandFailed(Words("没有呼出去", f"baresip did not call {uri}"))
        return match[1]

    async def hang_up_account(self, account: str) -> None:
        """End the call of an account that has one at most."""
        await self._send(("uafind", account), ("hangup", ""))

    def _select(self, call: str) -> tuple[tuple[str, str], ...]:
        return ("uafind", self.accounts.stations), ("callfind", call)

    async def _on_call(self, call: str, *commands: tuple[str, str]) -> list[CommandResponse]:
        responses = await self._send(*self._select(call), *commands)
        if not _call_found(responses):
            raise CommandFailed(Words("对方刚刚挂断", "the call has just ended"))
        return responses

    async def _send(self, *commands: tuple[str, str], check: bool = False) -> list[CommandResponse]:
        """Send commands in one write and wait for all responses. `check`: raise CommandFailed if one fails."""
        if self._transport is None:
            raise LinkLost(Words(ENGINE_DOWN_ZH, self._lost_reason))
        loop = asyncio.get_running_loop()
        tokens = [str(self._token + number) for number in range(1, len(commands) + 1)]
        self._token += len(commands)
        self._pending |= {token: loop.create_future() for token in tokens}
        try:
            data = b"".join(encode(*command, token) for command, token in zip(commands, tokens, strict=True))
            # One write: baresip handles all these commands before it reads the network again.
            self._transport.write(data)
            async with asyncio.timeout(RESPONSE_TIMEOUT_S):
                responses = [await self._pending[token] for token in tokens]
        except ValueError as error:
            raise CommandFailed(Words("对讲程序不接受这个指令", str(error))) from error
        except TimeoutError:
            en = f"baresip did not answer within {RESPONSE_TIMEOUT_S:g} s"
            raise LinkLost(Words(ENGINE_DOWN_ZH, en)) from None
        finally:
            for token in tokens:
                self._pending.pop(token, None)
        failed = next((response for response in responses if not response.ok), None)
        if check and failed is not None:
            raise CommandFailed(Words("对讲程序没有执行", f"baresip refused: {failed.text.strip()}"))
        return responses

    def connected(self, transport: asyncio.Transport) -> None:
        """The control connection is made."""
        self._transport = transport

    def received(self, item: ControlMessage) -> None:
        """Called with every message from the control connection."""
        if isinstance(item, CommandResponse):
            pending = self._pending.get(item.token)
            if pending is not None and not pending.done():
                pending.set_result(item)
        elif self._events.qsize() < _MAX_EVENTS:
            self._events.put_nowait(item)
        else:
            # A driver that hangs must not make this queue grow without bound.
            self.lost("the driver does not read baresip's events")

    def lost(self, why: str) -> None:
        """The control connection is lost: wake everybody who waits. Later calls have no effect."""
        if self._transport is None:
            return
        # Abort, not close: a hanging baresip would never take what is still buffered.
        self._transport.abort()
        self._transport, self._lost_reason = None, why
        self._events.put_nowait(None)
        for pending in self._pending.values():
            if not pending.done():
                pending.set_exception(LinkLost(Words(ENGINE_DOWN_ZH, why)))


def _call_found(responses: Sequence[CommandResponse]) -> bool:
    """Whether `callfind`, the second command, found its call."""
    return responses[1].ok and responses[1].text.startswith("setting current call")
