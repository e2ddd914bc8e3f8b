"""The engine and the exchange against a baresip that is only bytes, for what a real one seldom does."""

from __future__ import annotations

import asyncio
import json
import re

from gateway.protocols.sip.call_handler import CallHandler
from gateway.protocols.sip.calls import DESK_PHONE, CallState, CallTable, StationCall
from gateway.protocols.sip.config_folder import EngineAccounts
from gateway.protocols.sip.control import ControlDecoder, EngineEvent
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.settings import SipSettings

SETTINGS = SipSettings.model_validate(
    {
        "listen": "192.168.1.10:5060",
        "desk_phone": "sip:200@192.168.1.50",
        "stations": [{"id": "east", "name": "东门", "uri": "sip:east@192.168.1.31", "unlock": {"dtmf": "#"}}],
    }
)


class Baresip(asyncio.Transport):
    """Answers each command as 1.0 does; after `hangs_up_after` of them the station's call is not found any more."""

    def __init__(self, engine: Engine, hangs_up_after: int) -> None:
        super().__init__()
        self._engine, self._left, self._decoder = engine, hangs_up_after, ControlDecoder()
        self.ordered: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        for found in re.findall(rb"\d+:(\{.*?\}),", bytes(data)):
            command = json.loads(found)
            self.ordered.append(command["command"])
            self._left -= 1
            text = self._text(command["command"])
            body = json.dumps({"response": True, "ok": True, "data": text, "token": command["token"]}).encode()
            for item in self._decoder.feed(b"%d:%s," % (len(body), body)):
                self._engine.received(item)

    def _text(self, command: str) -> str:
        if command == "callfind":
            return "setting current call: sip:east@192.168.1.31" if self._left > 0 else "call not found"
        return "remote formats: PCMA/8000/1 telephone-event/8000/1" if command == "callstat" else ""

    def abort(self) -> None:
        pass


async def test_a_station_that_hangs_up_while_the_desk_phone_sends_it_a_key_ends_no_other_call() -> None:
    engine, calls = Engine(EngineAccounts.of(SETTINGS)), CallTable(SETTINGS.stations)
    baresip = Baresip(engine, hangs_up_after=3)
    engine.connected(baresip)
    told: list[str] = []

    async def tell(kind: str, _call: StationCall, **_data: object) -> None:
        told.append(kind)

    async def nothing(*_: object) -> None:
        pass

    handler = CallHandler(engine, calls, SETTINGS.desk_phone, tell, nothing, nothing)
    call = calls.add(StationCall(SETTINGS.stations[0], "c1", CallState.RINGING, 0.0))
    call.assign("", DESK_PHONE)
    call.answered(0.0)
    await handler.handle(
        EngineEvent("CALL_DTMF_START", engine.accounts.desk_phone, "d1", detail="#")
    )  # a LinkLost would end all
    assert "sndcode" in baresip.ordered
    assert told == [], "nobody can say that the door was opened"
