"""RTCP: parses sender reports and BYE, writes receiver reports (RFC 3550, 6)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, BYE = 200, 201, 202, 203
_CNAME = 1
_EPOCH = 2_208_988_800
"""Seconds from 1900, the NTP epoch, to 1970."""
_MIN_WALL = 946_684_800
"""The year 2000: a camera that gives an earlier time has never had its clock set."""
_MAX_LOST = 0x7FFFFF
"""The cumulative loss is a signed number of 24 bits."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """At `wall` (seconds since 1970, the camera's clock) the media clock showed `timestamp`."""

    source: int
    wall: float
    timestamp: int
    middle: int
    """The middle 32 bits of the NTP time, which a receiver report repeats."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """BYE: these SSRCs send nothing more."""

    sources: tuple[int, ...]


def parse(data: bytes) -> Iterator[SenderReport | Goodbye]:
    """The sender reports and BYEs of a compound packet; ends at the first data that is no RTCP. Never raises."""
    at = 0
    while at + 8 <= len(data) and data[at] >> 6 == 2:
        size = 4 + 4 * int.from_bytes(data[at + 2 : at + 4])
        packet = data[at : at + size]
        if len(packet) < size:
            return
        if packet[1] == SENDER_REPORT and size >= 28:
            report = _sender_report(packet)
            if report.wall >= _MIN_WALL:
                yield report
        elif packet[1] == BYE:
            # The count may exceed the packet in a malformed one.
            count = min(packet[0] & 31, (size - 4) // 4)
            yield Goodbye(struct.unpack_from(f">{count}I", packet, 4))
        at += size


def _sender_report(packet: bytes) -> SenderReport:
    source, seconds, fraction, timestamp = struct.unpack_from(">IIII", packet, 4)
    wall = seconds - _EPOCH + fraction / (1 << 32)
    return SenderReport(source, wall, timestamp, (seconds << 16 | fraction >> 16) & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """Reception statistics of one source. `last_report` is a sender report's `middle`, `delay` the seconds since it.

    Jitter is always reported as 0: sockets are read on a timer, so the arrival times of packets are not known.
    """

    source: int
    fraction_lost: float
    lost: int
    highest: int
    last_report: int = 0
    delay: float = 0.0


def receiver_report(own: int, name: str, stats: ReceptionReport | None) -> bytes:
    """A compound packet: the report, and a source description with `name` (under 256 bytes) as CNAME."""
    block = b""
    if stats is not None:
        fraction = max(0, min(255, int(stats.fraction_lost * 256)))
        lost = max(-_MAX_LOST, min(_MAX_LOST, stats.lost)) & 0xFFFFFF
        delay = min(0xFFFFFFFF, int(stats.delay * 65536)) if stats.last_report else 0
        highest = stats.highest & 0xFFFFFFFF
        block = struct.pack(">IIIIII", stats.source, fraction << 24 | lost, highest, 0, stats.last_report, delay)
    report = struct.pack(">BBHI", 0x80 | bool(block), RECEIVER_REPORT, 1 + len(block) // 4, own) + block
    text = name.encode()
    item = struct.pack(">IBB", own, _CNAME, len(text)) + text
    item += bytes(4 - len(item) % 4)  # at least one zero ends the list of items (RFC 3550, 6.5)
    return report + struct.pack(">BBH", 0x81, DESCRIPTION, len(item) // 4) + item
