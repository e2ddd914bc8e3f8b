"""Calls and the desk phone without an engine; what the YAML may say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.protocols.sip.calls import BROWSER, DESK_PHONE, CallState, CallTable, StationCall
from gateway.protocols.sip.config_folder import EngineAccounts, config_folder
from gateway.protocols.sip.desk_phone import DeskPhone, DeskPhoneAction, DeskPhoneState
from gateway.protocols.sip.settings import SipIdentity, SipSettings

EAST = {"id": "east", "name": "东门", "uri": "sip:east@192.168.1.31", "unlock": {"dtmf": "#"}}
WEST = {
    "id": "west",
    "name": "西门",
    "uri": "sip:west@192.168.1.32:5062",
    "unlock": {"device": "door", "action": "open"},
}


def settings(**more: object) -> SipSettings:
    return SipSettings.model_validate({"listen": "192.168.1.10:5060", "stations": [EAST, WEST], **more})


@pytest.fixture
def calls() -> CallTable:
    return CallTable(settings().stations)


def ring(calls: CallTable, station: str = "east", call: str = "c1") -> StationCall:
    found = calls.station_of(f"sip:{station}@192.168.1.3{1 if station == 'east' else 2}")
    assert found
    return calls.add(StationCall(found, call, CallState.RINGING, 100.0))


@pytest.mark.parametrize(
    ("uri", "station"),
    [
        ("sip:east@192.168.1.31", "east"),
        ("sip:east@192.168.1.31:5060;transport=udp", "east"),
        ("sip:west@192.168.1.32", "west"),
        ("sip:east@192.168.1.99", None),
        ("sip:192.168.1.31", None),
        ("", None),
    ],
)
def test_a_station_is_known_by_its_user_and_host(calls: CallTable, uri: str, station: str | None) -> None:
    found = calls.station_of(uri)
    assert (found.id if found else None) == station


def test_hosts_are_compared_without_case() -> None:
    assert SipIdentity.of("sip:A@Door.Lan.") == SipIdentity("A", "door.lan")


@pytest.mark.parametrize(
    ("answered", "incoming", "ended_by", "why"),
    [
        (True, True, "", "station"),
        (True, True, "guard", "guard"),
        (True, False, "desk_phone", "desk_phone"),
        (False, True, "", "missed"),
        (False, True, "guard", "declined"),
        (False, False, "", "not_answered"),
        (False, False, "guard", "given_up"),
        (False, True, "line_lost", "line_lost"),
    ],
)
def test_why_a_call_ended(calls: CallTable, answered: bool, incoming: bool, ended_by: str, why: str) -> None:
    call = ring(calls)
    call.incoming, call.ended_by = incoming, ended_by
    if answered:
        call.answered(103.0)
    call.ended("486 Busy")
    assert (call.end_reason, call.state, call.engine_status) == (why, CallState.ENDED, "486 Busy")
    assert call.seconds(110.0) == (7.0 if answered else 10.0)


def test_the_desk_phone_rings_with_a_call_and_stops_when_it_is_answered_elsewhere(calls: CallTable) -> None:
    desk = DeskPhone("sip:200@pbx")
    assert desk.next_action(calls) is None
    call = ring(calls)
    assert [desk.next_action(calls), desk.next_action(calls)] == [DeskPhoneAction.DIAL, None]
    call.assign("guard", BROWSER)
    assert [desk.next_action(calls), desk.next_action(calls)] == [DeskPhoneAction.HANG_UP, None]
    desk.call_ended()
    ring(calls, "west", "c2")
    assert desk.next_action(calls) is None, "the guard is on the line"
    calls.remove(call)
    assert desk.next_action(calls) is DeskPhoneAction.DIAL


def test_a_desk_phone_that_declined_is_not_rung_again_for_the_same_call(calls: CallTable) -> None:
    desk = DeskPhone("sip:200@pbx")
    ring(calls)
    assert desk.next_action(calls) is DeskPhoneAction.DIAL
    desk.call_ended()
    assert desk.next_action(calls) is None
    ring(calls, "west", "c2")
    assert desk.next_action(calls) is DeskPhoneAction.DIAL


def test_who_lifts_the_desk_phone_has_the_call_that_waited_longest(calls: CallTable) -> None:
    desk = DeskPhone("sip:200@pbx")
    first, second = ring(calls), ring(calls, "west", "c2")
    desk.next_action(calls)
    assert desk.answered(calls) is first
    assert (first.endpoint, first.user, second.is_taken) == (DESK_PHONE, "", False)
    assert desk.next_action(calls) is None
    calls.remove(first)
    assert desk.next_action(calls) is DeskPhoneAction.HANG_UP
    assert desk.state is DeskPhoneState.ENDING


def test_a_desk_phone_lifted_too_late_is_put_down_again(calls: CallTable) -> None:
    desk = DeskPhone("sip:200@pbx")
    call = ring(calls)
    desk.next_action(calls)
    call.assign("guard", BROWSER)
    assert desk.answered(calls) is None
    assert desk.next_action(calls) is DeskPhoneAction.HANG_UP


def test_a_room_without_a_desk_phone_dials_none(calls: CallTable) -> None:
    ring(calls)
    assert DeskPhone(None).next_action(calls) is None


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("listen", "0.0.0.0:5060", "no address of one network"),
        ("listen", "gateway:5060", "no address of one network"),
        ("listen", "192.168.1.10:0", "port 0"),
        ("user", "guard room", "no SIP user"),
        ("user", "x>;auth_pass=y", "no SIP user"),
        ("desk_phone", "200", "no SIP address"),
        ("desk_phone", "sip:200@pbx\nmodule evil.so", "no SIP address"),
        ("registrar", "pbx", "go together"),
        ("registrar", "pbx;x", "no host"),
        ("stations", [EAST, {**WEST, "uri": "sip:east@192.168.1.31:5070"}], "two stations"),
        ("stations", [{**EAST, "unlock": {}}], "one way"),
        ("stations", [{**EAST, "unlock": {"dtmf": "1", "device": "door"}}], "one way"),
        ("stations", [{**EAST, "unlock": {"dtmf": "1\n"}}], "dtmf"),
    ],
)
def test_what_can_not_be_is_said(key: str, value: object, what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        settings(**{key: value})


@pytest.mark.parametrize("password", ["a b", 'a"b', "a;regint=1", "a>b", "a\nb", ""])
def test_a_password_that_would_break_the_engines_file_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(registrar="pbx", password=password)
    assert "can't be written" in str(caught.value)


@pytest.mark.needs("baresip", "baresip-core")
def test_the_engines_folder_is_ours_alone_and_goes_with_it() -> None:
    said = settings(registrar="192.168.1.2:5070", password="s3cret-of-the-pbx")
    assert "s3cret" not in repr(said)
    with config_folder(said, EngineAccounts.of(said), 4444) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
            "config": 0o600,
            "accounts": 0o600,
            "contacts": 0o600,
        }
        assert "<sip:guard@192.168.1.2:5070>;regint=600;auth_user=guard;auth_pass=s3cret-of-the-pbx;" in (
            folder / "accounts"
        ).read_text("utf-8")
        assert "s3cret" not in (folder / "config").read_text("utf-8")
    assert not folder.exists()
