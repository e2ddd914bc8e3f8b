"""One reader's session without a line: against libosdp's peripheral, and against answers of malice."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osdp import Capability

from gateway.protocols.credential.wiegand import encode
from gateway.protocols.osdp import commands, diagnosis
from gateway.protocols.osdp.frames import CRC, REPLY, SECURITY, START, OsdpDecoder, OsdpFrame, add_check
from gateway.protocols.osdp.polled_reader import PolledReader
from gateway.protocols.osdp.session import MAX_PENDING, STATUS_COMMAND, OsdpSession
from gateway.simulator.osdp import SimulatedReader

KEY = bytes(range(1, 17))
IDENTITY, ABILITIES = bytes((0x45, *range(12))), bytes((0x46, 4, 1, 1, 8, 1, 0))


def exchange(session: OsdpSession, reader: SimulatedReader) -> bool:
    """One question and its answer; whether there was one."""
    sent = session.next_frame()
    for frame in OsdpDecoder().feed(reader.answer(sent)) if sent else ():
        assert isinstance(frame, OsdpFrame)
        session.receive(frame)
    return bool(sent)


def connected(session: OsdpSession, reader: SimulatedReader) -> OsdpSession:
    for _ in range(6):
        if not session.up:
            exchange(session, reader)
    assert session.up
    return session


@pytest.mark.parametrize("key", [KEY, None])
def test_up_within_four_exchanges(key: bytes | None) -> None:
    session = connected(OsdpSession(9, key), SimulatedReader(9, key))
    assert session.reachable
    assert session.has_capability(Capability.LEDControl)
    assert not session.has_capability(Capability.TextOutput)


def test_restart_at_any_point() -> None:
    reader, session = SimulatedReader(9, KEY), OsdpSession(9, KEY)
    for exchanges in range(6):
        for _ in range(exchanges):
            exchange(session, reader)
        session.next_frame()  # an answer that never comes
        session.restart()
        assert not session.up
        connected(session, reader)


def test_pending_commands_fail_on_restart() -> None:
    reader, session, results = SimulatedReader(9, KEY), OsdpSession(9, KEY), []
    assert not session.submit(STATUS_COMMAND)
    connected(session, reader)
    for command in commands.build_commands("grant", {}):
        assert session.submit(command, results.append)
    assert session.busy
    session.next_frame()
    session.restart()
    assert results == [False, False]
    connected(session, reader)
    assert session.submit(commands.build_commands("led", {})[0], results.append)
    exchange(session, reader)
    assert results[2:] == [True]
    assert not session.busy


def test_pending_commands_are_bounded() -> None:
    session = connected(OsdpSession(9, KEY), SimulatedReader(9, KEY))
    (tone,) = commands.build_commands("buzzer", {})
    taken = [session.submit(tone) for _ in range(MAX_PENDING + 2)]
    assert taken == [True] * MAX_PENDING + [False] * 2
    session.close()


def test_close_releases_the_session() -> None:
    session = OsdpSession(9, KEY)
    seen = weakref.ref(session)
    session.close()
    del session
    gc.collect()
    assert seen() is None


def test_a_key_is_not_in_any_repr() -> None:
    session = OsdpSession(9, KEY)
    shown = repr(vars(session)) + repr(session)
    assert KEY.hex() not in shown
    assert repr(KEY) not in shown


answers = st.builds(
    lambda code, data: bytes((code,)) + data,
    st.sampled_from([0x40, 0x41, 0x45, 0x46, 0x48, 0x4A, 0x4B, 0x50, 0x53, 0x54, 0x76, 0x78, 0x79, 0x7A, 0x90, 0xFF]),
    st.binary(max_size=240),
) | st.sampled_from([b"\x40", IDENTITY, ABILITIES])
blocks = st.sampled_from([b""] * 6 + [bytes((2, 0x16)), bytes((3, 0x12, 1)), bytes((0, 0)), bytes((200, 0x18))])


@settings(max_examples=200)
@given(st.booleans(), st.lists(st.tuples(answers, blocks), max_size=60))
def test_malicious_replies(secure: bool, replies: list[tuple[bytes, bytes]]) -> None:
    session = OsdpSession(5, KEY if secure else None)
    for body, block in replies:
        if session.failed:
            session.restart()
        sent = session.next_frame()
        if not sent:
            session.restart()
            continue
        control = OsdpFrame(sent.lstrip(b"\xff")).sequence | CRC | (SECURITY if block else 0)
        size = 5 + len(block) + len(body) + 2
        if size <= 255:
            session.receive(OsdpFrame(add_check(bytes((START, REPLY | 5, size, 0, control)) + block + body)))
        for event in session.take_events():
            assert isinstance(event, dict)
        assert not (secure and session.up)
    session.close()


def test_nothing_is_written_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    session = OsdpSession(5, None)
    for code in (0x76, 0x78, 0x54, 0xEE):
        sent = session.next_frame()
        control = OsdpFrame(sent.lstrip(b"\xff")).sequence | CRC
        session.receive(OsdpFrame(add_check(bytes((START, REPLY | 5, 8, 0, control, code)))))
        session.restart()
    assert capfd.readouterr() == ("", "")


def test_events_after_a_restart() -> None:
    reader, session = SimulatedReader(9, KEY), OsdpSession(9, KEY)
    connected(session, reader)
    reader.card(*encode("H10301", 7, 1))
    session.restart()
    connected(session, reader)
    events: list[Any] = []
    for _ in range(200):
        exchange(session, reader)
        events += session.take_events()
        if events:
            break
        _wait()
    assert [event["length"] for event in events] == [26]


def _wait() -> None:
    import threading

    threading.Event().wait(0.005)  # libosdp polls no sooner than 50 ms after an answer


@pytest.mark.parametrize(
    ("command", "has_key", "expected"),
    [
        (0x61, True, "is it an OSDP reader?"),
        (0x62, True, "has no secure channel: get one that has, or take out its key and say plain: true"),
        (0x76, True, "its key is another"),
        (0x77, True, "its key is another"),
        (0x75, True, "takes no new key"),
        (0x60, False, "does it want a secure channel? Then write its `key`"),
    ],
)
def test_rejections_say_what_to_check(command: int, has_key: bool, expected: str) -> None:
    session = OsdpSession(5, KEY if has_key else None)
    session.last_command = command
    assert expected in diagnosis.rejected(PolledReader(session), has_key=has_key).en
