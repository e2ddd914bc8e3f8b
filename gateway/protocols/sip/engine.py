"""baresip behind its control connection: told what to do, and telling what happened."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from gateway.errors import CommandFailed, LinkLost
from gateway.model import Words
from gateway.protocols.sip.control import Answer, Event, Item, Unreadable, encode
from gateway.protocols.sip.folder import Accounts

_CALL_ID = re.compile(r"^ af=\S+ id=(\S+)$", re.MULTILINE)
ANSWER_S = 5.0
"""It answers within a millisecond or hangs."""
DOWN = "对讲程序中断，正在重新启动"
_MOST_WAITING = 1000
"""Events nobody took; there are a dozen a call."""


class Engine:
    """baresip behind its control connection.

    `next` gives what happened, in order. Orders go out one after the other, each in one piece: baresip acts on a
    "current" call, so that choosing it and acting on it must not be parted by a call that comes in between.
    """

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._happened: asyncio.Queue[Event | Unreadable | None] = asyncio.Queue()
        self._token = 0
        self._line: asyncio.Transport | None = None
        self._lost = "the engine is not connected"

    async def next(self) -> Event | Unreadable:
        """Raises LinkLost once the engine is gone."""
        item = await self._happened.get()
        if item is None:
            raise LinkLost(Words(DOWN, self._lost))
        return item

    async def signed_in(self) -> bool | None:
        """Whether the registrar let us in; None while it is asked, or where there is none. LinkLost when baresip hangs.

        Asked for rather than remembered: what is told before the control connection stands is lost.
        """
        [answer] = await self._order(("reginfo", ""))
        line = next((line for line in answer.text.splitlines() if f" {self.accounts.stations} " in line), "")
        return True if "mOK " in line else False if "mERR" in line else None

    async def answer(self, call: str) -> None:
        """Answer a station's call while others go on ringing.

        baresip 1.0 puts the call before the chosen one on hold first and gives up where that fails, as it does with
        one that only rings; asked again it finds it held, and answers. So: twice, and a call so held is released.
        """
        await self._on_call(call, ("resume", ""), ("accept", ""), ("accept", ""))

    async def hang_up(self, call: str) -> None:
        """A station's call, ringing or open."""
        await self._on_call(call, ("hangup", ""))

    async def send_keys(self, call: str, keys: str) -> None:
        """As RFC 4733 events. Raises CommandFailed when the call has no such events, or ended meanwhile."""
        status = (await self._on_call(call, ("callstat", "")))[-1].text
        if "telephone-event" not in status.partition("remote formats")[2]:
            en = "the station takes no keys in a call: switch on DTMF by RFC 2833/4733 there"
            raise CommandFailed(Words("对讲不接收按键，没有开门，请通知安装员", en))
        answers = await self._order(*self._chosen(call), ("sndcode", keys))
        if not _found(answers):
            en = "a call ended while keys were sent: it is not known which call got them"
            raise CommandFailed(Words("发送开门按键时对讲挂断，门可能未开", en))

    async def dial(self, account: str, uri: str) -> str:
        """Call somebody; gives the Call-ID."""
        answers = await self._order(("uafind", account), ("dial", uri), ("callstat", ""), must=True)
        named = _CALL_ID.search(answers[-1].text)
        if named is None:
            raise CommandFailed(Words("没有呼出去", f"baresip did not call {uri}"))
        return named[1]

    async def drop(self, account: str) -> None:
        """End the call of an account that has one at most."""
        await self._order(("uafind", account), ("hangup", ""))

    def _chosen(self, call: str) -> tuple[tuple[str, str], ...]:
        return ("uafind", self.accounts.stations), ("callfind", call)

    async def _on_call(self, call: str, *orders: tuple[str, str]) -> list[Answer]:
        answers = await self._order(*self._chosen(call), *orders)
        if not _found(answers):
            raise CommandFailed(Words("对方刚刚挂断", "the call has just ended"))
        return answers

    async def _order(self, *orders: tuple[str, str], must: bool = False) -> list[Answer]:
        """In one write, so that baresip handles them without anything between. `must`: each is to succeed."""
        if self._line is None:
            raise LinkLost(Words(DOWN, self._lost))
        loop = asyncio.get_running_loop()
        tokens: list[str] = []
        data = b""
        try:
            for command, params in orders:
                self._token += 1
                tokens.append(str(self._token))
                data += encode(command, params, tokens[-1])
                self._waiting[tokens[-1]] = loop.create_future()
            self._line.write(data)
            async with asyncio.timeout(ANSWER_S):
                answers = [await self._waiting[token] for token in tokens]
        except ValueError as error:
            raise CommandFailed(Words("对讲程序不接受这个指令", str(error))) from error
        except TimeoutError:
            raise LinkLost(Words(DOWN, f"baresip did not answer within {ANSWER_S:g} s")) from None
        finally:
            for token in tokens:
                self._waiting.pop(token, None)
        failed = next((answer for answer in answers if not answer.ok), None)
        if must and failed is not None:
            raise CommandFailed(Words("对讲程序没有执行", f"baresip refused: {failed.text.strip()}"))
        return answers

    def connected(self, line: asyncio.Transport) -> None:
        self._line = line

    def heard(self, item: Item) -> None:
        if isinstance(item, Answer):
            waiting = self._waiting.get(item.token)
            if waiting is not None and not waiting.done():
                waiting.set_result(item)
        elif self._happened.qsize() < _MOST_WAITING:
            self._happened.put_nowait(item)
        else:
            self.lost("nobody took what baresip told")

    def lost(self, why: str) -> None:
        """Nothing more comes; told once."""
        if self._line is None:
            return
        self._line.abort()
        self._line, self._lost = None, why
        self._happened.put_nowait(None)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LinkLost(Words(DOWN, why)))


def _found(answers: Sequence[Answer]) -> bool:
    """Whether `callfind`, the second of the orders, found its call."""
    return answers[1].ok and answers[1].text.startswith("setting current call")
