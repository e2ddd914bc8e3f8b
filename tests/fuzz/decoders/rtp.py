"""RTP and RTCP: packets to pictures, a ring of them, and MP4."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import BadInput
from gateway.vision.stream.fmp4.remux import Remuxer, mux_clip
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.rtp.receiver import MAX_UNIT, RtpReceiver
from gateway.vision.stream.rtp.reorder import ReorderBuffer
from gateway.vision.stream.rtp.rtcp import parse, receiver_report
from tests.fuzz.decoders.coded import pictures
from tests.fuzz.subject import Feed, Subject
from tests.vision.stream.coded import FORMATS, STEP, media, payloads, rtp

TICK = 1 / 500
"""Seconds between two packets."""


def _receiver(codec: str) -> Feed:
    """Datagrams in order, to pictures, a ring of them, MP4 live and as a file."""
    reorder, receiver, remuxer, ring, now = (
        ReorderBuffer(),
        RtpReceiver(media(codec)),
        Remuxer(),
        PacketRing(2.0, 1 << 20, 0),
        0.0,
    )

    def feed(packet: bytes) -> None:
        nonlocal now
        now += TICK
        if packet[1:2] in _CONTROL:
            receiver.receive_rtcp(packet, now)
            return
        for unit in receiver.feed(reorder.push(packet, now) + reorder.take_overdue(now), now):
            ring.add(unit)
            remuxer.push(unit)
            assert unit.size <= MAX_UNIT + 65536
            unit.data  # noqa: B018  # it is put together when it is looked at
        if receiver.received % 50 == 0:
            receiver.report(now)
            _made(ring.units(now - 1.0))

    return feed


def _made(units: list) -> None:
    try:
        mux_clip(units)
    except BadInput:
        return


def _rtcp() -> Feed:
    def feed(packet: bytes) -> None:
        list(parse(packet))
        repr(receiver_report(1, "anju", None))

    return feed


REPORTS = [
    bytes.fromhex("80c80006cafecafe e9a5b20080000000 000010000000000100000100".replace(" ", "")),
    bytes.fromhex("81cb0001cafecafe"),
    bytes.fromhex("81ca0003cafecafe0104616e6a750000"),
]


_CONTROL = {bytes((kind,)) for kind in (200, 201, 203)}


def _packets(codec: str) -> list[bytes]:
    """Pictures in small fragments, parameter sets one packet together, some ends marked that are none."""
    packets: list[bytes] = []
    rank = FORMATS[codec].codec.parameter_set_rank
    for number, unit in enumerate(pictures(codec)):
        sets = b"".join(len(nal).to_bytes(2) + nal for nal in unit if rank(nal) is not None)
        rest = [piece for nal in unit if rank(nal) is None for piece in payloads(codec, nal, 150)]
        pieces = ([(b"\x18" if codec == "h264" else b"\x60\x01") + sets] if sets else []) + rest
        for piece in pieces:
            packets.append(rtp(piece, len(packets), number * STEP, marker=piece is pieces[-1] or number % 7 == 3))
    return [*packets, REPORTS[0]]


def _of_codec(codec: str) -> Subject:
    return Subject(
        f"rtp-{codec}",
        lambda: _receiver(codec),
        lambda: _packets(codec),
        (BadInput,),
        whole=True,
        in_order=True,
        holds=2 * MAX_UNIT,
    )


def subjects() -> Sequence[Subject]:
    return [*map(_of_codec, ("h264", "hevc")), Subject("rtcp", _rtcp, lambda: REPORTS, whole=True)]
