"""Codes → kinds: the tables, and pysiaalarm's beside them."""

from __future__ import annotations

from itertools import product
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysiaalarm.utils import ADM_MAPPING, SIA_CODES

from gateway.model import ALARM_KINDS, is_kind
from gateway.protocols.dc09 import contact_id, sia_codes
from gateway.protocols.dc09.code_table import NUMBER_KINDS
from gateway.protocols.dc09.events import Dc09Event, parse_events, unreadable_event
from gateway.protocols.dc09.message import Dc09Header, Dc09Message


def parsed(token: str, data: str) -> list[Dc09Event]:
    return list(parse_events(Dc09Message(Dc09Header(token, False, "0001", "", "L0", "1234", b""), "1234", data)))


def brief(events: list[Dc09Event]) -> list[str]:
    return [f"{event.kind} {event.data.get('from', '')} {event.zone or ''}".strip() for event in events]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("1130 01 015", "zone.alarm  15"),
        ("3130 01 015", "zone.restored alarm 15"),
        ("6130 01 015", "zone.alarm  15"),
        ("1110 00 129", "fire.alarm  129"),
        ("3110 00 129", "fire.restored  129"),
        ("1121 01 002", "duress.entered"),
        ("1401 01 002", "area.disarmed"),
        ("3401 01 002", "area.armed"),
        ("3441 01 002", "area.armed"),
        ("1570 01 003", "zone.bypassed  3"),
        ("3570 01 003", "zone.restored bypass 3"),
        ("1144 01 003", "zone.tampered  3"),
        ("3383 01 003", "zone.restored tamper 3"),
        ("1602 00 000", "panel.tested"),
        ("1301 00 000", "panel.mains_lost"),
        ("3301 00 000", "panel.mains_restored"),
        ("3302 00 000", "panel.battery_restored"),
        ("1350 00 000", "device.faulted"),
        ("3350 00 000", "device.restored"),
        ("1406 00 001", "x.dc09.e406"),
        ("3121 00 001", "x.dc09.r121"),
        ("1197 00 001", "zone.alarm  1"),  # in no table: an alarm is an alarm
        ("111A 00 001", "fire.alarm  1"),
        ("1799 00 001", "x.dc09.e799"),
        ("113001015", "zone.alarm  15"),
        ("111a 00 001", "fire.alarm  1"),
        ("1130 01 0015", "zone.alarm  15"),
        ("0000 00 000", "x.dc09.e000"),
        ("18 1130 01 015", "zone.alarm  15"),
        ("181130 01 015", "zone.alarm  15"),
        ("18113001015", "zone.alarm  15"),
        ("1234 18 1130 01 015", "zone.alarm  15"),
        ("1813 01 015", "x.dc09.e813"),
        ("E130 01 015", "zone.alarm  15"),
        ("R130 01 015", "zone.restored alarm 15"),
        ("P130 01 015", "zone.alarm  15"),
        ("1130  01  015", "zone.alarm  15"),
        ("1130.01.015", "zone.alarm  15"),
        ("1130 1 15", "zone.alarm  15"),
        ("1130 01 00015", "zone.alarm  15"),
        ("1130 01 015|Front door", "zone.alarm  15"),
        ("1130 01 015^前门^", "zone.alarm  15"),
    ],
)
def test_contact_id(data: str, expected: str) -> None:
    assert brief(parsed("ADM-CID", data)) == [expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("NFA129", ["fire.alarm  129"]),
        ("Nri1/BA015", ["zone.alarm  15"]),
        ("Nri1/BH015", ["zone.restored alarm 15"]),
        ("Nri1/BR015", ["zone.restored  15"]),
        ("Nri1/BJ015", ["zone.restored fault 15"]),
        ("Nri1CL0^VX FRONTE ^", ["area.armed"]),
        ("Nti19:44/id1/ri4/RP", ["panel.tested"]),
        ("Nri04/OP001NM", ["area.disarmed"]),
        ("Nri1OP0001*Familie*", ["area.disarmed"]),
        ("NNL2", ["area.armed"]),
        ("NL2", ["area.armed"]),
        ("NHA1", ["duress.entered  1"]),
        ("NTA1/TR1", ["zone.tampered  1", "zone.restored tamper 1"]),
        ("Nri1/BA01/BA02", ["zone.alarm  1", "zone.alarm  2"]),
        ("Nri1/BA01^hall/stairs^/?/FA2", ["zone.alarm  1", "fire.alarm  2"]),
        ("NAT/YT", ["panel.mains_lost", "panel.battery_low"]),
        ("NVA3", ["zone.alarm  3"]),
        ("Nid7/DA7", ["x.dc09.da"]),  # a card was handed out: ends in A, and is no alarm
        ("NRA", ["x.dc09.ra"]),
        ("NXA", ["x.dc09.xa"]),
        ("NQQ", ["x.dc09.qq"]),
        ("NRR|Atest", ["x.dc09.rr"]),
        ("NRi1/BA01", ["zone.alarm  1"]),
        ("NRI1/BA01", ["zone.alarm  1"]),
        ("NrI1/BA01", ["zone.alarm  1"]),
        ("nri1/BA01", ["zone.alarm  1"]),
        ("Nri1BA01", ["zone.alarm  1"]),
        ("NRi1BA01", ["zone.alarm  1"]),
        ("ORi1/BA01", ["zone.alarm  1"]),
        ("NTi11:52:09/Ri1/BA01", ["zone.alarm  1"]),
        ("NTI11:52/RI1/BA01", ["zone.alarm  1"]),
        ("NId7/Ri1/OP7", ["area.disarmed"]),
        ("NID7/RI1/OP7", ["area.disarmed"]),
        ("NPi2/Ai3/BA01", ["zone.alarm  1"]),
        ("NRi1/BA01/BA02/FA03", ["zone.alarm  1", "zone.alarm  2", "fire.alarm  3"]),
        ("nri1/ba01", ["zone.alarm  1"]),
        ("nri1/br01", []),
        ("NQz1/BA01", ["zone.alarm  1"]),
        ("NAr1/BA01", ["zone.alarm  1"]),
        ("NNR1", ["device.restored"]),
        ("NPT1", ["zone.faulted  1"]),
        ("NPH1", ["panic.restored  1"]),
        (" Nri1/BA01 ", ["zone.alarm  1"]),
        ("NBA1/NBA2", ["zone.alarm  1", "zone.alarm  2"]),
        ("Nri1/BA1/NRi2/FA2", ["zone.alarm  1", "fire.alarm  2"]),
        ("NRR/NL2", ["x.dc09.rr", "area.armed"]),
    ],
)
def test_sia(data: str, expected: list[str]) -> None:
    assert brief(parsed("SIA-DCS", data)) == expected


def test_data_beside_the_code() -> None:
    (event,) = parsed("SIA-DCS", "Nti10:23/id7/ri2/BA003^窗^")
    assert event.data == {
        "code": "BA",
        "text": {"zh": "入侵报警", "en": "Burglary alarm"},
        "area": 2,
        "zone": 3,
        "detector": "窗",
        "user": 7,
    }
    (event,) = parsed("ADM-CID", "1401 02 015")
    assert event.data == {
        "code": "E401",
        "text": {"zh": "用户撤布防", "en": "Open or close by user"},
        "area": 2,
        "user": 15,
    }


@pytest.mark.parametrize("block", ["NRi2/BA003", "NRI2/BA003", "Nri2BA003", "nRi2/BA003"])
def test_a_modifier_counts_however_it_is_spelled(block: str) -> None:
    (event,) = parsed("SIA-DCS", block)
    assert (event.data["area"], event.zone) == (2, 3)


def test_unreadable_data_is_a_fault_and_no_event() -> None:
    assert parsed("ADM-CID", "hello") == parsed("SIA-DCS", "") == parsed("VEN-DOR", "1130 01 015") == []
    fault = unreadable_event(Dc09Message(Dc09Header("ADM-CID", False, "0001", "", "L0", "1234", b""), "1234", "hello"))
    assert (fault.kind, fault.data["said"]) == ("device.faulted", "hello")


def test_tables_use_existing_kinds_and_number_kinds() -> None:
    codes = {"".join(pair) for pair in product(ascii_uppercase, repeat=2)}
    meanings = [*contact_id.CODES.values(), *(sia_codes.lookup(code)[0] for code in codes)]
    for meaning in meanings:
        assert meaning.kind == "-" or is_kind(meaning.kind), meaning
        assert meaning.number in NUMBER_KINDS, meaning
        assert meaning.text.zh, meaning
        assert meaning.text.en, meaning


def test_every_alarm_code_of_contact_id_is_an_alarm() -> None:
    quiet = {"141", "142", "143", "147", "156"}  # tamper and fault
    for number in range(1000):
        kind = contact_id.lookup(f"{number:03}").kind
        if 100 <= number < 200 and f"{number}" not in quiet:
            assert kind in ALARM_KINDS, number


def test_alarms_and_restores_agree_with_pysiaalarm() -> None:
    """Another's mapping of Contact ID to SIA codes: by either way an alarm is an alarm, and a restore none."""
    differs = {code for code, by in ADM_MAPPING.items() if not _agrees(code, by["1"], "1")}
    assert differs == {"331", "332", "341", "461", "654"}  # tamper here, trouble there; inactivity the other way round
    assert not {code for code, by in ADM_MAPPING.items() if code[0] == "1" and not _agrees(code, by["3"], "3")}


def _agrees(code: str, letters: str, qualifier: str) -> bool:
    (ours,) = parsed("ADM-CID", f"{qualifier}{code} 00 001")
    (theirs,) = parsed("SIA-DCS", f"N{letters}001")
    return (ours.kind in ALARM_KINDS) == (theirs.kind in ALARM_KINDS)


def test_every_alarm_that_pysiaalarm_lists_is_one() -> None:
    for code, known in SIA_CODES.items():
        if known.type and known.type.endswith("Alarm") and not known.type.lower().endswith("from alarm"):
            kind = parsed("SIA-DCS", f"N{code}1")[0].kind
            assert kind in ALARM_KINDS | {"door.held"}, (code, known.type, kind)


@given(st.sampled_from(["ADM-CID", "SIA-DCS"]), st.text(max_size=200))
def test_any_data_is_handled(token: str, data: str) -> None:
    for event in parsed(token, data):
        assert is_kind(event.kind)
