"""OSDP readers on a real pty pair, against libosdp's own peripheral; as slow as 9600 baud where that matters."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.osdp_readers import DRIVER
from gateway.errors import CommandFailed, LinkLost
from gateway.links.serial import SerialLink
from gateway.model import Command, Device, DeviceType
from gateway.protocols.credential.wiegand import encode
from gateway.protocols.osdp.settings import ReadersSettings
from gateway.simulator.osdp import CAPABILITIES, TEXT, ReaderLine, SimulatedReader, reader_line
from tests.support.reports import BilingualReports

KEY = bytes(range(1, 17))
OTHER_KEY = bytes(range(2, 18))


class Reports(BilingualReports):
    @property
    def lost_why(self) -> dict[str, str]:
        """The parts that are lost now, and why."""
        return {part: why for part, why in self.lost_parts if part not in self.heard_parts}


class Running:
    def __init__(self, line: ReaderLine, driver: Any, emit: Reports, serving: asyncio.Task) -> None:
        self.line, self.driver, self.emit, self.serving = line, driver, emit, serving

    async def until(self, true: Callable[[], Any], seconds: float = 8) -> float:
        """How long it took to become true."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while not true():
                if self.serving.done():
                    self.serving.result()
                await asyncio.sleep(0.005)
        return time.monotonic() - began

    async def up(self) -> None:
        wanted = {part.id for part in DRIVER.parts(self.driver.settings)}
        await self.until(lambda: wanted <= self.emit.heard_parts)


def entry(reader: SimulatedReader, **more: Any) -> dict[str, Any]:
    sealed = {"key": KEY.hex()} if reader.key or reader.install else {"plain": True}
    return {"address": reader.address, "id": f"r{reader.address}", "name": "读卡器", **sealed, **more}


@asynccontextmanager
async def readers(
    *there: SimulatedReader, baud: int | None = None, entries: Sequence[dict[str, Any]] | None = None
) -> AsyncIterator[Running]:
    async with reader_line(there, baud) as (line, path):
        emit = Reports()
        told = entries or [entry(reader) for reader in there]
        settings = ReadersSettings(port=str(path), baud=baud or 115200, readers=told)
        device = Device("bus", "osdp_readers", DeviceType.PANEL, "读卡器总线", "gate/east")
        driver = DRIVER(device, settings, SerialLink(settings), emit)
        serving = asyncio.ensure_future(driver.run())
        try:
            yield Running(line, driver, emit, serving)
            assert emit.refusals == []
        finally:
            serving.cancel()
            await asyncio.wait([serving])


@pytest.mark.parametrize("key", [KEY, None], ids=["secure", "plain"])
async def test_a_card_from_the_reader_to_its_signal(key: bytes | None) -> None:
    reader = SimulatedReader(5, key)
    async with readers(reader) as run:
        await run.up()
        reader.card(*encode("H10301", 24960, 110))
        took = await run.until(lambda: run.emit.signals)
        (signal,) = run.emit.signals
        assert (signal.device, signal.kind, signal.fresh) == ("r5", "credential.presented", True)
        card = {"number": 24960, "facility": 110, "bits": 26}
        assert signal.data == {"credential": "**** 60", "format": "H10301", "card": card}
        assert took < 0.5
        assert run.emit.quarantined == []


async def test_the_card_is_not_to_be_read_off_a_secure_line() -> None:
    value, bits = encode("WG34", 0xDEADBEEF)
    wire = (value << 6).to_bytes(5)
    heard = {}
    for key in (None, KEY):
        reader = SimulatedReader(0, key)
        async with readers(reader) as run:
            said = bytearray()
            answer = reader.answer
            reader.answer = lambda command, answer=answer, said=said: said.extend(back := answer(command)) or back
            await run.up()
            reader.card(value, bits)
            await run.until(lambda run=run: run.emit.signals)
            heard[key] = wire in said
    assert heard == {None: True, KEY: False}


async def test_cards_of_several_readers_keep_their_reader() -> None:
    there = [SimulatedReader(address, KEY) for address in (0, 7, 126)]
    async with readers(*there) as run:
        await run.up()
        for reader in there:
            reader.card(*encode("H10301", reader.address, 1))
        await run.until(lambda: len(run.emit.signals) == 3)
        numbers = {signal.device: signal.data["card"]["number"] for signal in run.emit.signals}
        assert numbers == {"r0": 0, "r7": 7, "r126": 126}


async def test_a_card_of_another_layout_goes_to_quarantine() -> None:
    reader = SimulatedReader(0, KEY)
    async with readers(reader) as run:
        await run.up()
        reader.card(0, 26)
        await run.until(lambda: run.emit.quarantined)
        why, data = run.emit.quarantined[0]
        assert why == "r0: a card of 26 bits whose parity is not that of H10301; is its `format` right?"
        assert data == bytes(4)
        assert run.emit.signals == []


async def test_a_pin_is_for_the_decision_and_only_its_length_for_the_journal() -> None:
    reader = SimulatedReader(0)
    async with readers(reader) as run:
        await run.up()
        for key in (b"4", b"71", b"9", b"\x0d"):
            reader.keys(key)
        await run.until(lambda: run.emit.signals)
        (signal,) = run.emit.signals
        assert (signal.kind, signal.data, signal.secret) == ("pin.entered", {"digits": 4}, "4719")
        assert "4719" not in repr(signal)


async def test_a_pin_is_forgotten_once_it_was_presented() -> None:
    reader = SimulatedReader(0)
    async with readers(reader) as run:
        await run.up()
        run.emit.disk_full = True
        reader.keys(b"4719#")
        connection = next(iter(run.driver._connections.values()))
        await run.until(lambda: connection.uncommitted and connection.uncommitted[0].secret is None)
        run.emit.disk_full = False
        await run.until(lambda: run.emit.signals)
        assert run.emit.signals[0].data == {"digits": 4}


async def test_an_unfinished_pin_is_reported_after_the_timeout() -> None:
    reader = SimulatedReader(0, KEY)
    async with readers(reader) as run:
        await run.up()
        connection = next(iter(run.driver._connections.values()))
        connection.events._keypad._timeout = 0.2
        reader.keys(b"123")
        took = await run.until(lambda: run.emit.signals)
        assert run.emit.signals[0].data == {"digits": 3}
        assert took > 0.2


async def test_cover_and_power() -> None:
    reader = SimulatedReader(0, KEY)
    async with readers(reader) as run:
        await run.up()
        reader.status(tampered=True)
        reader.status(tampered=True, powerless=True)
        reader.status(tampered=False)
        await run.until(lambda: len(run.emit.signals) == 4)
        assert sorted(run.emit.kinds()[:2]) == [("r0", "device.faulted"), ("r0", "reader.tampered")]
        assert sorted(run.emit.kinds()[2:]) == [("r0", "device.restored"), ("r0", "reader.restored")]


async def test_a_cover_opened_while_the_gateway_was_down_is_reported() -> None:
    reader = SimulatedReader(0, KEY, tampered=True)
    async with readers(reader) as run:
        await run.until(lambda: run.emit.kinds() == [("r0", "reader.tampered")])


async def test_a_cover_closed_while_the_line_was_lost_is_reported() -> None:
    reader = SimulatedReader(0, KEY, tampered=True)
    async with readers(reader) as run:
        await run.until(lambda: run.emit.kinds() == [("r0", "reader.tampered")])
        run.serving.cancel()
        await asyncio.wait([run.serving])
        reader.tampered = False
        again = DRIVER(run.driver.device, run.driver.settings, run.driver.link, run.emit)  # as the supervisor does
        run.serving = asyncio.ensure_future(again.run())
        await run.until(lambda: run.emit.kinds()[1:] == [("r0", "reader.restored")])
        run.serving.cancel()
        await asyncio.wait([run.serving])


async def test_led_buzzer_and_text_arrive() -> None:
    reader = SimulatedReader(0, KEY, capabilities=(*CAPABILITIES, TEXT))
    async with readers(reader) as run:
        await run.up()
        await run.driver.perform(Command("r0", "grant", {"seconds": 3}))
        light, tone = reader.commands
        assert (light["on_color"], light["timer_count"], light["temporary"]) == (2, 30, True)
        assert (tone["rep_count"], tone["on_count"]) == (1, 2)
        await run.driver.perform(Command("r0", "deny"))
        await run.driver.perform(Command("r0", "led", {"color": "amber"}))
        await run.driver.perform(Command("r0", "buzzer", {"times": 5}))
        await run.driver.perform(Command("r0", "text", {"text": "WELCOME", "seconds": 4}))
        assert [command.get("on_color", command.get("rep_count")) for command in list(reader.commands)[2:6]] == [
            1,
            3,
            3,
            5,
        ]
        assert (reader.commands[-1]["data"], reader.commands[-1]["temp_time"]) == ("WELCOME", 4)


async def test_commands_that_fail_say_why() -> None:
    reader, silent = SimulatedReader(0, KEY), SimulatedReader(1, KEY, offline=True)
    async with readers(reader, silent) as run:
        await run.until(lambda: "r0" in run.emit.heard_parts)
        for command, why in (
            (Command("r0", "text", {"text": "HI"}), "r0 has nothing for text: no such LED, buzzer or display"),
            (Command("r0", "text", {"text": "欢迎"}), "1 to 32 letters of ASCII"),
            (Command("r0", "led", {"color": "pink"}), "red, green, amber, blue, off, and got 'pink'"),
            (Command("r0", "buzzer", {"times": 0}), "times is a whole number from 1 to 20, and got 0"),
            (Command("r0", "unlock"), "a reader takes no command 'unlock'"),
            (Command("r1", "grant"), "r1 does not answer"),
            (Command("bus", "grant"), "bus is no reader of bus"),
        ):
            with pytest.raises(CommandFailed, match=why):
                await run.driver.perform(command)
        silent.offline = True


async def test_a_command_to_a_reader_that_dies_fails() -> None:
    reader = SimulatedReader(0, KEY)
    async with readers(reader) as run:
        await run.up()
        reader.offline = True
        with pytest.raises(CommandFailed, match="r0 refused grant, or was lost before it answered"):
            await run.driver.perform(Command("r0", "grant"))


async def test_a_wrong_key_is_reported_and_no_card_is_read() -> None:
    reader, good = SimulatedReader(0, OTHER_KEY), SimulatedReader(1, KEY)
    async with readers(reader, good) as run:
        await run.until(lambda: "r0" in run.emit.lost_why and "r1" in run.emit.heard_parts)
        assert run.emit.lost_why["r0"].startswith("it answers, but its key is another")
        assert "r0" not in run.emit.heard_parts
        for key in (KEY, OTHER_KEY):
            assert key.hex() not in repr(vars(run.driver)) + repr(run.driver._connections) + str(run.emit.lost_why)


async def test_a_reader_that_wants_a_key() -> None:
    reader = SimulatedReader(0, KEY)
    async with readers(reader, entries=[{"address": 0, "id": "r0", "name": "R", "plain": True}]) as run:
        await run.until(lambda: run.emit.lost_why)
        assert "does it want a secure channel? Then write its `key`" in run.emit.lost_why["r0"]


async def test_a_new_reader_is_given_its_key() -> None:
    reader = SimulatedReader(0, None, install=True)
    async with readers(reader, entries=[entry(reader, install=True)]) as run:
        await run.up()
        given = [command for command in reader.commands if command.get("data") == KEY]
        assert len(given) == 1
        reader.card(*encode("H10301", 1, 1))
        await run.until(lambda: run.emit.signals)


async def test_a_silent_reader_is_lost_and_back_within_a_second() -> None:
    reader, other = SimulatedReader(0, KEY), SimulatedReader(1, KEY)
    async with readers(reader, other) as run:
        await run.up()
        for _ in range(3):
            reader.offline = True
            lost = await run.until(lambda: "r0" in run.emit.lost_why)
            assert lost < 3
            assert "no answer from address 0 on /dev/pts/" in run.emit.lost_why["r0"]
            other.card(*encode("H10301", 1, 1))
            await run.until(lambda: run.emit.signals)
            run.emit.signals.clear()
            reader.offline = False
            assert await run.until(lambda: "r0" in run.emit.heard_parts) < 1
        assert "r1" in run.emit.heard_parts


async def test_eight_readers_at_9600_baud_lose_one_and_have_it_back_within_a_second() -> None:
    there = [SimulatedReader(address, KEY) for address in range(8)]
    async with readers(*there, baud=9600) as run:
        await run.up()
        there[3].offline = True
        await run.until(lambda: "r3" in run.emit.lost_why)
        await asyncio.sleep(0.5)
        there[3].offline = False
        assert await run.until(lambda: "r3" in run.emit.heard_parts) < 1
        assert set(run.emit.lost_why) == set()


async def test_one_answer_that_is_lost_costs_no_session() -> None:
    reader = SimulatedReader(0)
    async with readers(reader) as run:
        await run.up()
        reader.offline = True
        frames = len(run.line.frames)
        await run.until(lambda: len(run.line.frames) > frames or run.line.frames[-1] != run.line.frames[0])
        await asyncio.sleep(0.1)
        reader.offline = False
        await asyncio.sleep(0.5)
        assert run.emit.lost_why == {}
        reader.card(*encode("H10301", 1, 1))
        await run.until(lambda: run.emit.signals)


async def test_garbage_on_the_line_and_our_own_echo() -> None:
    reader = SimulatedReader(0, KEY)
    async with readers(reader) as run:
        await run.up()
        for number in range(20):
            run.line.inject(os.urandom(40) + run.line.frames[-1] if number % 2 else b"\x53\x80\x20\x00\x04")
            if number % 5 == 0:
                reader.card(*encode("H10301", number, 1))
            await asyncio.sleep(0.05)
        await run.until(lambda: len(run.emit.signals) == 4)
        assert [signal.data["card"]["number"] for signal in run.emit.signals] == [0, 5, 10, 15]
        assert 1 <= len(run.emit.quarantined) <= 6, "the quarantine is not flooded"
        assert run.emit.lost_why == {}


async def test_frames_cut_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SimulatedReader(0, KEY)
    monkeypatch.setattr("gateway.simulator.osdp.CHIP_BYTES", 1)
    async with readers(reader, baud=38400) as run:
        await run.up()
        reader.card(*encode("H10302", 123_456_789))
        await run.until(lambda: run.emit.signals)
        assert run.emit.signals[0].data["card"] == {"number": 123_456_789, "bits": 37}
        assert run.emit.quarantined == []


async def test_an_unplugged_line_is_lost(serial_line) -> None:
    reader = SimulatedReader(0, KEY)
    settings = ReadersSettings(port=serial_line.path, readers=[entry(reader)])
    device = Device("bus", "osdp_readers", DeviceType.PANEL, "读卡器总线", "gate/east")
    emit = Reports()
    driver = DRIVER(device, settings, SerialLink(settings), emit)
    serving = asyncio.ensure_future(driver.run())
    await asyncio.sleep(0.1)
    os.close(serial_line.fd)
    with pytest.raises(LinkLost, match="is gone"):
        await asyncio.wait_for(serving, 3)
    with pytest.raises(CommandFailed, match="its line is down"):
        await driver.perform(Command("r0", "grant"))
    assert emit.refusals == []


async def test_a_reader_is_not_polled_until_its_card_is_committed() -> None:
    reader, other = SimulatedReader(0, KEY), SimulatedReader(1, KEY)
    async with readers(reader, other) as run:
        await run.up()
        run.emit.disk_full = True
        reader.card(*encode("H10301", 1, 1))
        reader.card(*encode("H10301", 2, 1))
        await asyncio.sleep(0.3)
        asked = [frame[1] for frame in run.line.frames]
        run.line.frames.clear()
        await asyncio.sleep(0.5)
        assert 0 in asked
        assert 0 not in [frame[1] for frame in run.line.frames][1:]
        run.emit.disk_full = False
        await run.until(lambda: len(run.emit.signals) == 2)
        assert [signal.data["card"]["number"] for signal in run.emit.signals] == [1, 2]


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        ({}, "reader 'r0' has no key, so its cards could be read off the line"),
        ({"key": "00ff"}, "a key has 16 bytes, this one 2"),
        ({"key": "secret"}, "this is no key, write 32 hexadecimal digits"),
        ({"key": "303132333435363738393a3b3c3d3e3f"}, "the standard's default key, which everybody knows"),
        ({"key": KEY.hex(), "plain": True}, "is plain and has a key"),
        ({"key": KEY.hex(), "address": 127}, "less than or equal to 126"),
    ],
)
def test_settings_name_what_is_wrong_and_no_key(reader: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ReadersSettings(port="/dev/x", readers=[{"address": 0, "id": "r0", "name": "R", **reader}])


def test_two_readers_of_one_address_are_a_mistake() -> None:
    two = [entry(SimulatedReader(3, KEY)), entry(SimulatedReader(3, KEY)) | {"id": "b"}]
    with pytest.raises(ValidationError, match="address 3 is given to two readers"):
        ReadersSettings(port="/dev/x", readers=two)


def test_a_key_is_never_shown() -> None:
    settings = ReadersSettings(port="/dev/x", readers=[entry(SimulatedReader(3, KEY))])
    assert KEY.hex() not in repr(settings) + str(settings) + settings.model_dump_json()
