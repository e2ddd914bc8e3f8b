"""Packets of several sources on one way: strangers are passed over, an encoder that starts anew is followed."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest

from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.receiver import IDLE_TIME, RtpReceiver
from gateway.vision.stream.rtp.reorder import ReorderBuffer
from gateway.vision.stream.rtp.ssrc_selector import MAX_FOREIGN, MAX_PENDING, TAKEOVER_SILENCE
from tests.vision.stream.coded import SOURCE, STEP, Nals, encoded, media, packed

STRANGER = 0xBADBAD


def of(source: int, packets: list[bytes]) -> list[bytes]:
    return [packet[:8] + source.to_bytes(4) + packet[12:] for packet in packets]


def pictures(packets: list[bytes]) -> list[list[bytes]]:
    """Packets by their timestamps."""
    return [list(group) for _, group in groupby(packets, lambda packet: packet[4:8])]


OURS = encoded("h264", 75, options={"crf": "45"})
OTHERS = encoded("h264", 75, size=(640, 352), options={"crf": "45"})
"""Of another resolution: a decoder that is given both shows neither."""


def stream(nals: list[Nals] = OURS, source: int = SOURCE, sequence: int = 60_000) -> list[list[bytes]]:
    return pictures(of(source, packed("h264", nals, sequence=sequence, timestamp=sequence * 1000)))


def received(
    receiver: RtpReceiver, batches: list[list[bytes]], apart: float = 0.04, now: float = 100.0
) -> list[AccessUnit]:
    units = []
    for number, batch in enumerate(batches):
        units += receiver.feed(batch, now + apart * number)
        if apart > IDLE_TIME:
            units += receiver.idle(now + apart * number + IDLE_TIME)
    return units + receiver.idle(now + apart * len(batches) + IDLE_TIME)


def nals(units: list[AccessUnit]) -> list[Nals]:
    return [unit.nals() for unit in units]


def alternating(one: list[list[bytes]], other: list[list[bytes]]) -> list[list[bytes]]:
    """Packet by packet."""
    out = []
    for these, those in zip(one, other, strict=True):
        batch = []
        for number in range(max(len(these), len(those))):
            batch += these[number : number + 1] + those[number : number + 1]
        out.append(batch)
    return out


def test_a_stranger_that_comes_later_is_passed_over() -> None:
    ours, theirs = stream(), stream(OTHERS, STRANGER, 100)
    receiver = RtpReceiver(media())
    units = received(receiver, ours[:10] + alternating(ours[10:], theirs[10:]))
    assert nals(units) == OURS
    assert not any(unit.lost for unit in units)
    assert receiver.source == SOURCE
    assert receiver.foreign_packets == sum(map(len, theirs[10:]))


@pytest.mark.parametrize("named", [SOURCE, None, 77])
def test_a_stranger_that_comes_first_and_in_the_middle_of_its_pictures_is_passed_over(named: int | None) -> None:
    ours, theirs = stream(), stream(OTHERS, STRANGER, 100)
    batches = [*theirs[1:10], *alternating(ours[:15], theirs[10:25])]
    later = alternating(ours[15:], stream(encoded("h264", 60, key_every=9999)[:60], STRANGER, 900))
    units = received(RtpReceiver(replace(media(), source=named)), batches + later)
    assert nals(units)[-75:] == OURS
    assert not any(unit.lost for unit in units[-74:])


def test_a_named_source_is_found_though_a_stranger_with_keyframes_comes_first() -> None:
    ours, theirs = stream(), stream(OTHERS, STRANGER, 100)
    receiver = RtpReceiver(replace(media(), source=SOURCE))
    units = received(receiver, theirs[:30] + alternating(ours[:45], theirs[30:]))
    assert nals(units)[-45:] == OURS[:45]
    assert receiver.source == SOURCE


def test_a_slow_camera_keeps_its_source_beside_a_lively_stranger() -> None:
    """A picture in twelve seconds: the stranger may take its place at first, not for good."""
    ours, theirs = stream(encoded("h264", 12, key_every=1)), stream(OTHERS * 4, STRANGER, 100)
    receiver, units, now = RtpReceiver(media()), [], 0.0
    for number, picture in enumerate(ours):
        units += received(receiver, [picture, *theirs[number * 25 : number * 25 + 25]], 0.4, now)
        now += 12.0
    assert receiver.source == SOURCE
    slow = encoded("h264", 12, key_every=1)
    assert [unit.nals() for unit in units if unit.nals() in slow][-9:] == slow[-9:]
    assert nals(units)[-3:] == slow[-3:]


def test_an_encoder_that_starts_anew_is_followed_without_losing_a_picture() -> None:
    receiver = RtpReceiver(media())
    units = received(receiver, stream()[:30])
    units += received(receiver, stream(OTHERS, 1, 5), now=101.2)
    units += received(receiver, stream(OURS, 2, 900), now=104.2)
    assert nals(units) == [*OURS[:30], *OTHERS, *OURS]
    assert [number for number, unit in enumerate(units) if unit.lost] == [30, 105], "decoders begin anew there"
    assert units[30].format != units[29].format
    times = [unit.time_s for unit in units]
    assert times == sorted(times)
    assert receiver.source == 2


def test_a_number_that_changes_while_the_packets_go_on_is_the_same_stream() -> None:
    packets = [of(number, [packet])[0] for number, packet in enumerate(packed("h264", OURS))]
    units = received(RtpReceiver(media()), [packets])
    assert nals(units) == OURS
    assert not any(unit.lost for unit in units)


def test_a_foreign_packets_of_another_kind_are_no_sign_of_corruption() -> None:
    receiver = RtpReceiver(media())
    audio = [packet[:1] + b"\x08" + packet[2:] for packet in of(STRANGER, packed("h264", OTHERS))]
    units = received(receiver, [stream()[0], audio * 3, *stream()[1:]])
    assert nals(units) == OURS


def test_what_is_kept_of_others_is_bounded() -> None:
    receiver = RtpReceiver(media())
    received(receiver, stream()[:5])
    for source in range(1, 200):
        receiver.feed(of(source, stream(OTHERS, STRANGER, 100)[1] * 40), 100.0)
        receiver.feed(stream()[5], 100.0)
    assert len(receiver._sources._pending) <= MAX_PENDING
    assert len(receiver._sources._foreign) <= MAX_FOREIGN


def test_datagrams_of_a_stranger_do_not_hold_up_ours() -> None:
    order = ReorderBuffer()
    order.set_source(SOURCE)
    ours, theirs = packed("h264", OURS), of(STRANGER, packed("h264", OTHERS, sequence=3))
    out = []
    for one, other in zip(ours, theirs, strict=False):
        out += order.push(one, 0.0) + order.push(other, 0.0)
    assert [packet for packet in out if packet[8:12] == SOURCE.to_bytes(4)] == ours[: len(theirs)]
    assert order.late == 0


def test_steps_are_what_these_tests_take_them_for() -> None:
    assert STEP / 90_000 * 25 == TAKEOVER_SILENCE / 2
