"""A recorded text is spoken at a door station: a baresip that is not ours at the door, a real gateway."""

from __future__ import annotations

import json
import math
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.simulator.sip import RATE, SipPhone, free_port, run_phone
from tests.support.api import api, enrol, eventually
from tests.support.gateway import ROOM, Gateway, TestCompound, TestDevice
from tests.support.ports import HOST

pytestmark = [pytest.mark.needs("baresip", "baresip-core"), pytest.mark.timeout(120)]
GUARD, STATION = "guard-1", "station-east"
SECONDS, HZ = 2.0, 900


def write_tone(path: Path, rate: int) -> None:
    samples = (int(12_000 * math.sin(2 * math.pi * HZ * at / rate)) for at in range(int(SECONDS * rate)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def intercom(port: int, door: SipPhone) -> TestDevice:
    """TestDevice makes MQTT devices; these keys make it an intercom."""
    more = {
        "kind": "sip_intercom",
        "place": ROOM,
        "listen": f"{HOST}:{port}",
        "stations": [{"id": STATION, "name": "东门门口机", "uri": door.address}],
        "sounds": {"leave": "leave.wav"},
    }
    return _Bare("intercom", more=more)


class _Bare(TestDevice):
    @property
    def entry(self) -> dict[str, Any]:
        return {"id": self.id, "name": "对讲主机", **self.more}


@asynccontextmanager
async def room(tmp_path: Path, rate: int) -> AsyncIterator[tuple[Gateway, SipPhone]]:
    config = tmp_path / "config"
    config.mkdir()
    write_tone(config / "leave.wav", rate)
    text = {"zh": "请立即离开围墙", "en": "Leave the wall at once"}
    desk = {"announcements": [{"id": "leave", "text": text, "targets": [STATION]}]}
    (config / "desk.yaml").write_text(json.dumps(desk), encoding="utf-8")
    async with run_phone("gate-east") as door:
        running = Gateway(TestCompound(config, [intercom(free_port(), door)]), tmp_path / "data")
        enrol(running, GUARD, "guard")
        running.start()
        try:
            yield running, door
        finally:
            running.stop()


async def ready(desk: Any) -> bool:
    return any(one["id"] == STATION and one["health"] == "online" for one in (await desk.get("devices"))["items"])


async def outcome(desk: Any) -> dict[str, Any] | None:
    [last] = (await desk.get("commands/last"))["items"] or [None]
    return last if last and last["state"] in {"done", "failed"} else None


def loudest_pitch(sound: bytes) -> int:
    samples = np.frombuffer(sound, "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples))
    return round(spectrum.argmax() * RATE / len(samples))


@pytest.mark.parametrize("rate", [16_000, 8_000])
async def test_a_text_is_heard_whole_at_the_door_and_the_call_ends(tmp_path: Path, rate: int) -> None:
    async with room(tmp_path, rate) as (gateway, door), api(gateway) as desk:
        await desk.sign_in(GUARD)
        await eventually(lambda: ready(desk))
        ordered = await desk.post("announcements/leave", {"confirmed": True})
        assert [one["device"] for one in ordered["items"]] == [STATION]
        await door.wait_for("CALL_INCOMING")
        await door.answer()
        await door.wait_for("CALL_CLOSED", 10)
        done = await eventually(lambda: outcome(desk))
        assert (done["state"], done["by"], done["action"]) == ("done", GUARD, "announce")
        [ended] = (await desk.get("signals", device=STATION, kind="call.ended"))["items"]
        assert ended["data"]["why"] == "announced"
        assert (await desk.get("calls"))["items"] == []
        [heard] = door.recordings()
    assert abs(loudest_pitch(heard) - HZ) <= 5
    loud = np.abs(np.frombuffer(heard, "<i2").astype(int)) > 3_000
    assert loud.sum() / RATE > 0.6 * SECONDS, "a tone is above a quarter of its height for most of its time"


async def test_a_station_that_hangs_up_in_the_middle_is_told(tmp_path: Path) -> None:
    async with room(tmp_path, 16_000) as (gateway, door), api(gateway) as desk:
        await desk.sign_in(GUARD)
        await eventually(lambda: ready(desk))
        await desk.post("announcements/leave", {"confirmed": True})
        await door.wait_for("CALL_INCOMING")
        await door.answer()
        await door.wait_for("CALL_ESTABLISHED")
        await door.hang_up()
        failed = await eventually(lambda: outcome(desk))
        assert failed["state"] == "failed"
        assert "挂断" in failed["why"]["zh"]
        assert (await desk.get("calls"))["items"] == []
