"""The receiver with real sockets and a real store, against the twin and against frames of others."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from drivers.dc09_receiver import DRIVER
from gateway.clock import Clock
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.errors import NotRecorded
from gateway.flow.emitter import Emitter, Quarantine
from gateway.flow.intake import Intake
from gateway.flow.unrecorded_signals import UnrecordedSignals
from gateway.links.listen import ListenLink
from gateway.links.state_file import StateFile
from gateway.model import Device, DeviceType, Health, Text, Words
from gateway.protocols.dc09 import rejections
from gateway.protocols.dc09.cipher import decrypt, encrypt
from gateway.protocols.dc09.frame import MAX_FRAME_BYTES, Dc09Decoder, wrap
from gateway.protocols.dc09.message import Dc09Header, read_header, write_time
from gateway.protocols.dc09.settings import ReceiverSettings
from gateway.rule import Compound
from gateway.simulator.dc09 import SIA, Communicator, CommunicatorSettings
from gateway.store import Store

HOST = "127.0.0.1"
KEY = "00112233445566778899AABBCCDDEEFF"
ACCOUNTS = [
    {"account": "1234", "id": "shop", "name": "商铺", "zones": [{"number": 3, "id": "shop-back", "name": "后门"}]},
    {"account": "00AB", "id": "flat", "name": "户内报警主机", "type": "home", "key": KEY, "supervision": "90s"},
]
both = pytest.mark.parametrize("transport", ["tcp", "udp"])


class HealthRecorder:
    """Records the health reports of devices."""

    def __init__(self) -> None:
        self.lives: list[str] = []
        self.refusals: list[tuple[str, str]] = []

    def refused(self, device: str, why: Text) -> None:
        assert isinstance(why, Words), "a guard reads it"
        self.refusals.append((device, why.en))

    def heard(self, device: str) -> None:
        self.lives.append(device)

    def lost(self, device: str, why: str) -> None:
        raise AssertionError(device, why)

    def signal_committed(self, device: str) -> None:
        pass

    def status_reported(self, device: str, health: Health) -> None:
        raise AssertionError(device, health)


class Run:
    def __init__(self, store: Store, port: int, emit: Emitter, health: HealthRecorder) -> None:
        self.store, self.port, self.emit, self.health = store, port, emit, health

    def line(self, account: str, transport: str, **more: Any) -> CommunicatorSettings:
        key = bytes.fromhex(KEY) if account == "00AB" else None
        return CommunicatorSettings(
            HOST, self.port, account, **{"key": key, "transport": transport, "ack_timeout": 0.5, **more}
        )

    async def rows(self, query: str = "SELECT device, kind FROM journal ORDER BY number") -> list[tuple[Any, ...]]:
        def read(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.execute(query)]

        return await self.store.read(read)

    async def quarantined(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT why FROM quarantine ORDER BY rowid")]

    async def ask(self, body: bytes, *, count: int = 1) -> list[Dc09Header]:
        """Send a frame by TCP; the answers that come within half a second."""
        return await self.ask_raw(wrap(body), count=count)

    async def ask_raw(self, data: bytes, *, count: int = 1) -> list[Dc09Header]:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(data)
        decoder, found = Dc09Decoder(), list[Dc09Header]()
        try:
            async with asyncio.timeout(0.5):
                while len(found) < count and (chunk := await reader.read(1000)):
                    found += [
                        head for body in decoder.feed(chunk) if isinstance(body, bytes) and (head := read_header(body))
                    ]
        except TimeoutError:
            pass
        writer.close()
        return found


@asynccontextmanager
async def receiver(folder: Path, **more: Any) -> AsyncIterator[Run]:
    settings = ReceiverSettings.model_validate({"listen": f"{HOST}:0", "accounts": ACCOUNTS, **more})
    device = Device("receiver", "dc09_receiver", DeviceType.PANEL, "接警机", "guardroom")
    clock, health = Clock(), HealthRecorder()
    async with Store.open(folder) as store:
        intake = Intake(
            store,
            clock,
            UnrecordedSignals(
                UnpersistedAlerts(clock.now, lambda _alert: None), lambda: Compound("", {}, {}), clock.now
            ),
        )
        emit = Emitter(
            intake,
            Quarantine(store, clock.now),
            device.id,
            [part.id for part in DRIVER.parts(settings)],
            DRIVER.RETRY_WINDOW,
            health,
        )
        async with ListenLink(settings).open() as door, asyncio.TaskGroup() as tasks:
            driver = DRIVER(
                device,
                settings,
                SimpleNamespace(open=lambda: _already(door), state_file=StateFile(folder / "lines" / "receiver.json")),
                emit,
            )
            running = [tasks.create_task(driver.run()), tasks.create_task(_drain(intake))]
            try:
                yield Run(store, door.port, emit, health)
            finally:
                for task in running:
                    task.cancel()


@asynccontextmanager
async def _already(door: Any) -> AsyncIterator[Any]:
    yield door


async def _drain(intake: Intake) -> None:
    while True:
        await intake.take(100, 60)


@asynccontextmanager
async def panel(line: CommunicatorSettings, **more: Any) -> AsyncIterator[Communicator]:
    communicator = Communicator(line, **more)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(communicator.run())
        try:
            yield communicator
        finally:
            running.cancel()


async def settled(communicator: Communicator) -> None:
    async with asyncio.timeout(10):
        await communicator.wait_until_sent()


@both
@pytest.mark.parametrize("account", ["1234", "00AB"])
async def test_a_panel_from_wire_to_journal(tmp_path: Path, transport: str, account: str) -> None:
    async with receiver(tmp_path) as run, panel(run.line(account, transport)) as communicator:
        communicator.report("1130 01 003")
        communicator.report("Nri1/FA004^厨房^", SIA)
        communicator.report("3401 01 002")
        await settled(communicator)
        device = "shop" if account == "1234" else "flat"
        assert await run.rows() == [
            ("shop-back" if device == "shop" else device, "zone.alarm"),
            (device, "fire.alarm"),
            (device, "area.armed"),
        ]
        assert (communicator.acknowledged, communicator.refused, communicator.retransmitted) == (3, 0, 0)
        assert device in run.health.lives
        assert await run.quarantined() == []


async def test_several_frames_in_one_segment_and_garbage_in_front(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        frames = b"".join(wrap(b'"ADM-CID"%04dL0#1234[#1234|1130 01 %03d]' % (n, n)) for n in range(10, 15))
        answers = await run.ask_raw(b"\x00garbage\r\n" + frames, count=5)
        assert [(answer.token, answer.sequence) for answer in answers] == [("ACK", f"{n:04}") for n in range(10, 15)]
        rows = await run.rows("SELECT json_extract(data, '$.zone') FROM journal ORDER BY number")
        assert [zone for (zone,) in rows] == [10, 11, 12, 13, 14]


async def test_a_frame_byte_by_byte(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        reader, writer = await asyncio.open_connection(HOST, run.port)
        for byte in wrap(b'"ADM-CID"0001L0#1234[#1234|1130 01 003]'):
            writer.write(bytes((byte,)))
            await writer.drain()
        assert b'"ACK"0001L0#1234[]' in await reader.readuntil(b"\r")
        writer.close()


@both
async def test_a_repeat_is_acknowledged_again_and_stored_once(tmp_path: Path, transport: str) -> None:
    async with receiver(tmp_path) as run:
        line = run.line("00AB", transport)
        for ahead in (0, 2):  # it is sent again with the time it is sent
            async with panel(line, first=77, clock_ahead=timedelta(seconds=ahead)) as communicator:
                communicator.report("1130 01 003")
                await settled(communicator)
                assert communicator.acknowledged == 1
        assert await run.rows() == [("flat", "zone.alarm")]


async def test_a_repeat_is_stored_once_after_a_restart_too(tmp_path: Path) -> None:
    for _ in range(2):
        async with receiver(tmp_path) as run:
            assert [head.token for head in await run.ask(b'"ADM-CID"0042L0#1234[#1234|1120 01 003]')] == ["ACK"]
            assert await run.rows("SELECT kind FROM journal") == [("panic.pressed",)]


async def test_the_same_alarm_again_is_an_alarm(tmp_path: Path) -> None:
    """Numbers that come round, begin again, or never change do not make it a repeat."""
    async with receiver(tmp_path) as run:
        for number, event in ((1, "1130"), (1, "3130"), (1, "1130"), (2, "3130"), (9000, "1130"), (1, "1130")):
            (answer,) = await run.ask(b'"ADM-CID"%04dL0#1234[#1234|%s 01 003]' % (number, event.encode()))
            assert answer.token == "ACK"
        kinds = [kind for _, kind in await run.rows()]
        assert kinds == ["zone.alarm", "zone.restored", "zone.alarm", "zone.restored", "zone.alarm", "zone.alarm"]


async def test_link_tests_live_and_are_not_stored(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        assert [head.token for head in await run.ask(b'"NULL"0000L0#1234[]')] == ["ACK"]
        body = b'"*NULL"0000R0L0#00AB[' + encrypt(b"|]" + write_time(datetime.now(UTC)), bytes.fromhex(KEY))
        (answer,) = await run.ask(body)
        assert (answer.token, answer.encrypted) == ("ACK", True)
        assert run.health.lives.count("shop") == run.health.lives.count("flat") == 1
        assert await run.rows() == []


async def test_a_wrong_checksum_has_no_answer(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        assert await run.ask_raw(b'\n0000002B"ADM-CID"0001L0#1234[#1234|1130 01 003]\r') == []
        (why,) = await run.quarantined()
        assert why.startswith(("its length says", "its checksum"))
        assert [head.token for head in await run.ask(b'"NULL"0000L0#1234[]')] == ["ACK"]


@pytest.mark.parametrize(
    ("frame", "account", "expected"),
    [
        (
            b'\nCEF0003F"SIA-DCS"0001L#7303658550[#7303658550|NBA4]_11:52:09,05-07-2019\r',
            "7303658550",
            [("p", "zone.alarm", 4)],
        ),
        (
            b'\n\x57\xc70044"ADM-CID"1447R01L01#0001[#0001|1130 01 013][S13]_04:45:01,08-30-2014\r',
            "0001",
            [("p", "zone.alarm", 13)],
        ),
        (wrap(b'"NULL"0000R0L0#1234[#0000|0000 00 000]'), "1234", []),
        (wrap('"SIA-DCS"0001L0#1234[#1234|Nri1/BA01^客厅^]'.encode("gbk")), "1234", [("p", "zone.alarm", 1)]),
        (wrap(b'"SIA-DCS"0001L0#1234[#1234|NRi1/BA01]'), "1234", [("p", "zone.alarm", 1)]),
        (
            wrap(b'"SIA-DCS"0001L0#1234[#1234|NBA1][#1234|NFA2]_12:00:00,11-30-2026'),
            "1234",
            [("p", "zone.alarm", 1), ("p", "fire.alarm", 2)],
        ),
        (
            wrap(b'"ADM-CID"0001L0#1234[#1234|1130 01 001][|1110 01 002][|rubbish]'),
            "1234",
            [("p", "zone.alarm", 1), ("p", "fire.alarm", 2), ("p", "device.faulted", None)],
        ),
    ],
)
async def test_panels_of_the_field(
    tmp_path: Path, frame: bytes, account: str, expected: list[tuple[str, str, int | None]]
) -> None:
    async with receiver(tmp_path, accounts=[{"account": account, "id": "p", "name": "主机"}]) as run:
        (answer,) = await run.ask_raw(frame)
        assert (answer.token, answer.account) == ("ACK", account)
        assert "p" in run.health.lives
        rows = await run.rows(
            "SELECT device, kind, data ->> 'zone' FROM journal WHERE kind NOT LIKE 'x.%' ORDER BY number"
        )
        assert rows == expected
        assert await run.quarantined() == []


async def test_who_is_not_ours_is_turned_away_and_kept_aside(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        (answer,) = await run.ask(b'"ADM-CID"0001R1L0#9999[#9999|1130 01 003]')
        assert (answer.token, answer.account) == ("DUH", "9999")
        assert await run.quarantined() == ["account 9999 is not in the YAML"]
        assert await run.rows() == [("receiver", "device.faulted")]
        [(why,)] = await run.rows("SELECT json_extract(data, '$.why.en') FROM journal")
        assert "account 9999 is not in the YAML" in why
        assert "1234, 00AB: never heard yet" in why
        await run.ask(b'"ADM-CID"0002R1L0#9999[#9999|1130 01 003]')
        assert len(await run.rows()) == 1, "reported once"


async def test_strangers_are_over_when_there_are_none_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver(tmp_path) as run:
        for number in range(1, 20):
            await run.ask(b'"ADM-CID"%04dR1L0#9%03d[#9%03d|1130 01 003]' % (number, number, number))
        assert len(await run.rows()) == 3, "whoever tries all numbers does not fill the journal"
    monkeypatch.setattr(rejections, "UNKNOWN_CLEAR_S", -1.0)
    async with receiver(tmp_path) as run:
        await run.ask(b'"NULL"0000L0#1234[]')
        assert (await run.rows())[-1] == ("receiver", "device.restored")
        await run.ask(b'"NULL"0000L0#1234[]')
        assert [kind for _, kind in await run.rows()].count("device.restored") == 1


async def test_a_plain_report_of_an_account_with_a_key_is_refused_and_the_guard_told(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        (answer,) = await run.ask(b'"ADM-CID"0001L0#00AB[#00AB|3401 01 003][K00112233]')
        assert answer.token == "DUH"
        assert await run.quarantined() == ["it is not encrypted, and its account has a key"]
        assert await run.rows("SELECT data FROM quarantine") == [(b'"ADM-CID"0001L0#00AB[#00AB|3401 01 003][K...]',)]
        assert await run.rows() == []
        [(device, why)] = run.health.refusals
        assert (device, "switch encryption on at the panel" in why) == ("flat", True)
        assert "flat" not in run.health.lives
        async with panel(run.line("00AB", "tcp")) as communicator:
            communicator.report("1602 00 000")
            await settled(communicator)
        assert await run.rows() == [("flat", "panel.tested")]
        assert "flat" in run.health.lives
        assert KEY.lower() not in str(await run.rows("SELECT * FROM journal")).lower()


async def test_a_panel_whose_clock_is_wrong_is_told_the_time_and_comes_again(tmp_path: Path) -> None:
    async with (
        receiver(tmp_path) as run,
        panel(run.line("00AB", "tcp"), clock_ahead=timedelta(hours=8)) as communicator,
    ):
        communicator.report("1130 01 003")
        await settled(communicator)
        assert communicator.acknowledged == 1
        kinds = [kind for _, kind in await run.rows()]
        assert kinds == ["x.dc09.clock", "zone.alarm", "x.dc09.clock"]  # wrong, and right again
        ahead = await run.rows("SELECT json_extract(data, '$.ahead_s') FROM journal WHERE kind = 'x.dc09.clock'")
        assert abs(ahead[0][0] - 28800) <= 1
        assert abs(ahead[1][0]) <= 1
        [(device, why)] = run.health.refusals
        assert device == "flat"
        assert "8 h ahead" in why


def sealed(data: bytes, time: datetime, key: str = KEY, number: int = 1) -> bytes:
    return b'"*ADM-CID"%04dL0#00AB[' % number + encrypt(b"|#00AB|" + data + b"]" + write_time(time), bytes.fromhex(key))


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (timedelta(hours=8), ("8 h ahead", "local time (UTC+8)", "`timezone: Asia/Shanghai`")),
        (timedelta(hours=8, seconds=70), ("8 h ahead", "local time (UTC+8)")),
        (timedelta(hours=-5), ("5 h behind", "local time (UTC-5)")),
        (timedelta(hours=5, minutes=30), ("5.5 h ahead", "local time (UTC+5:30)")),
        (timedelta(seconds=25), (" s ahead", "set the panel's clock")),
        (timedelta(seconds=-60), (" s behind", "set the panel's clock")),
        (timedelta(minutes=37), ("37 min ahead", "set the panel's clock")),
        (timedelta(days=-400), ("400 d behind", "set the panel's clock")),
    ],
)
async def test_a_clock_that_is_wrong_is_told_with_its_mend(
    tmp_path: Path, ahead: timedelta, says: tuple[str, ...]
) -> None:
    async with receiver(tmp_path) as run:
        for number in (1, 2, 3):
            sent = datetime.now(UTC) + ahead
            [answer] = await run.ask(sealed(b"1130 01 001", sent, number=number))
            assert answer.token == "NAK"
        assert len({why for _, why in run.health.refusals}) == 1, "it is one reason, whatever its clock shows by now"
        assert all(part in run.health.refusals[0][1] for part in says), run.health.refusals[0]
        assert "flat" not in run.health.lives
        assert "zone.alarm" not in {kind for _, kind in await run.rows()}


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC"])
async def test_a_panel_that_keeps_local_time_is_taken_where_the_yaml_says_so(tmp_path: Path, zone: str) -> None:
    async with receiver(tmp_path, accounts=[{**ACCOUNTS[1], "timezone": zone}]) as run:
        local = datetime.now(ZoneInfo(zone)).replace(tzinfo=UTC)
        [answer] = await run.ask(sealed(b"1130 01 001", local))
        assert (answer.token, answer.encrypted) == ("ACK", True)
        clear = decrypt(answer.content, bytes.fromhex(KEY))
        assert clear is not None
        assert write_time(local)[:6] in clear, "it is answered in its own time"
        assert [kind for _, kind in await run.rows()] == ["zone.alarm"], "and its clock is right"
        assert run.health.refusals == []
        if zone != "UTC":
            [answer] = await run.ask(sealed(b"1130 01 002", datetime.now(UTC), number=2))
            assert answer.token == "NAK"


@pytest.mark.parametrize("ahead", [timedelta(hours=8), timedelta(seconds=-90), timedelta(hours=-12)])
async def test_a_plain_panels_clock_refuses_nothing(tmp_path: Path, ahead: timedelta) -> None:
    async with receiver(tmp_path) as run:
        body = b'"ADM-CID"0001L0#1234[#1234|1130 01 003]' + write_time(datetime.now(UTC) + ahead)
        assert [head.token for head in await run.ask(body)] == ["ACK"]
        assert ("shop-back", "zone.alarm") in await run.rows()
        assert ("shop", "x.dc09.clock") in await run.rows()
        assert run.health.refusals == []


async def test_another_key_is_told_and_what_hangs_the_key_out_is_not(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        [answer] = await run.ask(sealed(b"1130 01 001", datetime.now(UTC), key="FF" * 16))
        assert answer.token == "DUH"
        [(device, why)] = run.health.refusals
        assert (device, "its key is not the one in the YAML" in why) == ("flat", True)
        await run.ask(sealed(b"1130 01 001", datetime.now(UTC) + timedelta(hours=8)))
        assert "8 h ahead" in run.health.refusals[-1][1], "the key was mended, and the clock is wrong as well"
        [answer] = await run.ask(b'"*ADM-CID"0001L0#1234[' + encrypt(b"|#1234|1130 01 001]", bytes(16)))
        assert "write the panel's key" in run.health.refusals[-1][1]


async def test_damaged_reports_are_told_when_nothing_else_comes(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        damaged = b'\n00000027"ADM-CID"0001L0#1234[#1234|1130 01 003]\r'
        for _ in range(2):
            await run.ask_raw(damaged)
        await run.ask(b'"NULL"0000L0#1234[]')
        for _ in range(2):
            await run.ask_raw(damaged)
        assert run.health.refusals == [], "one that is sent again and comes right is noise"
        await run.ask_raw(damaged)
        [(device, why)] = run.health.refusals
        assert (device, "arrive damaged" in why) == ("shop", True)


async def test_what_can_not_be_read_is_told_and_not_acknowledged(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        (answer,) = await run.ask(b'"ADM-CID"0001L0#1234[#1234|hello]')
        assert answer.token == "DUH"
        assert await run.rows() == [("shop", "device.faulted")]
        assert await run.quarantined() == ["ADM-CID data that can't be read"]
        assert run.health.refusals == [("shop", "ADM-CID data that can't be read")]


async def test_an_account_whose_key_is_put_right_is_well_again(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        assert [head.token for head in await run.ask(b'"ADM-CID"0001L0#00AB[#00AB|1130 01 003]')] == ["DUH"]
    mended = [{**ACCOUNTS[1], "key": None}]
    async with receiver(tmp_path, accounts=mended) as run:
        assert [head.token for head in await run.ask(b'"ADM-CID"0002L0#00AB[#00AB|1130 01 003]')] == ["ACK"]
        assert [kind for _, kind in await run.rows()] == ["zone.alarm"]
        assert (run.health.lives.count("flat"), run.health.refusals) == (1, [])


async def test_a_datagram_of_rubbish_is_kept_no_longer_than_a_frame(tmp_path: Path) -> None:
    async with receiver(tmp_path) as run:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"x" * 60_000 + b"\r", (HOST, run.port))
        async with asyncio.timeout(5):
            while not await run.quarantined():
                await asyncio.sleep(0.01)
        [(size,)] = await run.rows("SELECT length(data) FROM quarantine")
        assert size == MAX_FRAME_BYTES


async def test_not_recorded_is_not_acknowledged_and_the_connection_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver(tmp_path) as run:
        real, broken = Intake.accept, True

        async def accept(self: Intake, *arguments: Any) -> int:
            if broken:
                raise NotRecorded("the disk is full")
            return await real(self, *arguments)

        monkeypatch.setattr(Intake, "accept", accept)
        async with panel(run.line("1234", "tcp", ack_timeout=0.2)) as communicator:
            communicator.report("1130 01 003")
            await asyncio.sleep(0.5)
            assert (communicator.acknowledged, await run.rows()) == (0, [])
            reader, writer = await asyncio.open_connection(HOST, run.port)
            writer.write(wrap(b'"ADM-CID"0001L0#1234[#1234|1130 01 009]') + wrap(b'"NULL"0002L0#1234[]'))
            assert b'"ACK"0002' in await reader.readuntil(b"\r")
            broken = False
            writer.write(wrap(b'"ADM-CID"0003L0#1234[#1234|1130 01 009]'))
            assert b'"ACK"0003' in await reader.readuntil(b"\r")
            writer.close()
            await settled(communicator)
            assert communicator.acknowledged == 1


def test_parts_are_accounts_and_zones() -> None:
    settings = ReceiverSettings.model_validate({"listen": f"{HOST}:0", "accounts": ACCOUNTS})
    assert [(part.id, part.type, part.cadence) for part in DRIVER.parts(settings)] == [
        ("shop", DeviceType.PANEL, None),
        ("shop-back", DeviceType.ZONE, None),
        ("flat", DeviceType.HOME, timedelta(seconds=90)),
    ]
    assert KEY not in repr(settings)


def _mistakes() -> Iterator[tuple[dict[str, Any], str]]:
    account = {"account": "1234", "id": "a", "name": "a"}
    zone = {"number": 1, "id": "z", "name": "z"}
    yield {"accounts": []}, "at least 1"
    yield {"accounts": [{**account, "account": 1234}]}, 'write it in quotes: "1234"'
    yield {"accounts": [account, {**account, "id": "b"}]}, "account '1234' is given twice"
    yield {"accounts": [{**account, "key": "123"}]}, "a key of 3 characters is no AES key"
    yield {"accounts": [{**account, "timezone": "Asia/Beijing"}]}, "'Asia/Beijing' is no time zone"
    yield {"accounts": [{**account, "zones": [zone, {**zone, "id": "y"}]}]}, "zone number 1 is given to two zones"


@pytest.mark.parametrize(("given", "why"), list(_mistakes()))
def test_mistakes_in_the_yaml(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ReceiverSettings.model_validate({"listen": f"{HOST}:0", **given})


def test_a_datagram_of_garbage_has_no_answer_and_no_end(tmp_path: Path) -> None:
    async def run_it() -> None:
        async with receiver(tmp_path) as run:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.setblocking(False)
                client.sendto(b"\x00" * 2000 + b"\nhello", (HOST, run.port))
                client.sendto(wrap(b'"NULL"0000L0#1234[]'), (HOST, run.port))
                async with asyncio.timeout(5):
                    answer = await asyncio.get_running_loop().sock_recv(client, 1000)
            assert b'"ACK"0000L0#1234[]' in answer

    asyncio.run(run_it())
