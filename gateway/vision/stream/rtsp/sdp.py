"""Parses session descriptions (RFC 4566) for a camera's video track."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.errors import BadInput
from gateway.vision.stream.rtp.access_unit import StreamFormat
from gateway.vision.stream.rtp.codec import RtpCodec
from gateway.vision.stream.rtp.h264 import H264
from gateway.vision.stream.rtp.h265 import H265
from gateway.vision.stream.rtp.receiver import MediaTrack

VIDEO_RATE = 90_000
"""Ticks a second of all video (RFC 6184, 8.2.1)."""
_ABSOLUTE = re.compile(r"rtspu?s?://", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([A-Za-z0-9_-]+)(?::(.*))?", re.DOTALL)
_CODECS: Mapping[str, type[RtpCodec]] = {"H264": H264, "H265": H265}
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_STANDARD_BASE64 = str.maketrans("-_", "+/", " \t\"'")
_SETS = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")


@dataclass(slots=True)
class _Section:
    """The lines from one m= to the next; the first section is that of the session."""

    media: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.attributes if key == name), None)

    def of_type(self, name: str, payload_type: int) -> str:
        """`rtpmap` or `fmtp` of one payload type."""
        for key, value in self.attributes:
            number, _, rest = value.partition(" ")
            if key == name and number == str(payload_type):
                return rest.strip()
        return ""


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """`control` is the session's URL, `media` the video track to set up, with an absolute URL."""

    control: str
    media: MediaTrack


def parse_sdp(body: bytes, base: str) -> SessionDescription:
    """`base` is Content-Base, or the requested URL. Raises BadInput without a supported video track."""
    session, *tracks = _sections(body)
    control = _session_url(base, session.get("control"))
    unsupported: list[str] = []
    for track in tracks:
        # Cameras also announce audio, metadata (ONVIF) and back channels.
        if not track.media.startswith("video "):
            continue
        for payload_type in _payload_types(track):
            encoding, _, rate = track.of_type("rtpmap", payload_type).partition("/")
            if encoding.upper() in _CODECS:
                arguments = _arguments(track.of_type("fmtp", payload_type))
                _in_order_only(arguments, body)
                codec = _CODECS[encoding.upper()]()
                fmt = StreamFormat(codec).with_parameter_sets(list(_sets(arguments)))
                media = MediaTrack(fmt, payload_type, _rate(rate), control_url(control, track.get("control")))
                return SessionDescription(control, replace(media, source=_source(track.get("ssrc"))))
            unsupported.append(encoding[:20] or str(payload_type))
    if unsupported:
        raise BadInput(f"the picture is coded as {', '.join(unsupported[:5])}; H264 and H265 can be read", body)
    raise BadInput("the description names no picture", body)


def _session_url(base: str, control: str | None) -> str:
    """The session's URL. A relative one is ignored, like in FFmpeg: tracks are relative to the base, not to it."""
    return control if control and _ABSOLUTE.match(control) else base


def control_url(base: str, control: str | None) -> str:
    """A track's URL: appended to the base, even behind its query, as camera clients do it and RFC 3986 does not."""
    if control is None or control in {"", "*"}:
        return base
    if _ABSOLUTE.match(control):
        return control
    return f"{base.removesuffix('/')}/{control.removeprefix('/')}"


def _sections(body: bytes) -> list[_Section]:
    sections = [_Section()]
    for line in body.decode("utf-8", "replace").splitlines():
        kind, equals, value = line.strip().partition("=")
        if not equals:
            continue
        if kind == "m":
            sections.append(_Section(value))
        elif kind == "a" and (attribute := _ATTRIBUTE.fullmatch(value)):
            sections[-1].attributes.append((attribute[1].lower(), (attribute[2] or "").strip()))
    return sections


def _payload_types(track: _Section) -> list[int]:
    return [
        int(word) for word in track.media.split()[3:] if re.fullmatch(r"\d{1,3}", word, re.ASCII) and int(word) < 128
    ]


def _rate(value: str) -> int:
    """An invalid rate is replaced by that of all video."""
    number = value.partition("/")[0]
    return int(number) if re.fullmatch(r"[1-9]\d{2,8}", number, re.ASCII) else VIDEO_RATE


def _arguments(fmtp: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in fmtp.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _in_order_only(arguments: Mapping[str, str], body: bytes) -> None:
    if arguments.get("packetization-mode") == "2" or arguments.get("sprop-max-don-diff", "0") != "0":
        raise BadInput("the picture's units come out of order (packetization-mode 2, sprop-max-don-diff)", body)


def _sets(arguments: Mapping[str, str]) -> Iterator[bytes]:
    """The parameter sets. Invalid ones are left out: the stream repeats them.

    Cameras write them in quotes, in the URL alphabet, without padding, and with start codes in front.
    """
    for name in _SETS:
        for coded in arguments.get(name, "").translate(_STANDARD_BASE64).split(","):
            digits = coded.rstrip("=")  # padding is added below as the length needs it
            try:
                found = base64.b64decode(digits + "=" * (-len(digits) % 4))
            except (binascii.Error, ValueError):
                continue
            yield from (nal for nal in _START_CODE.split(found) if nal)


def _source(value: str | None) -> int | None:
    """The number in `a=ssrc:1234 cname:x` (RFC 5576)."""
    number = re.match(r"\d{1,10}\b", value or "", re.ASCII)
    return int(number[0]) if number and 0 < int(number[0]) < 1 << 32 else None
