"""Session descriptions as cameras write them."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given, strategies

from gateway.errors import BadInput
from gateway.vision.stream.rtsp.sdp import control_url, parse_sdp

BASE = "rtsp://camera/Streaming/Channels/101/"
SPS, PPS = bytes.fromhex("67640029ac1b1a5014016ec04000"), bytes.fromhex("68ee3cb0")
SETS = ",".join(base64.b64encode(nal).decode() for nal in (SPS, PPS))

HIKVISION = f"""v=0
o=- 1109162014219182 1109162014219192 IN IP4 x.y.z.w
s=Media Presentation
c=IN IP4 0.0.0.0
b=AS:5100
t=0 0
a=control:{BASE}
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:5000
a=recvonly
a=x-dimensions:1920,1080
a=control:{BASE}trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets={SETS}
m=audio 0 RTP/AVP 8
a=control:{BASE}trackID=2
a=rtpmap:8 PCMA/8000
m=application 0 RTP/AVP 107
a=control:{BASE}trackID=3
a=rtpmap:107 vnd.onvif.metadata/90000
""".replace("\n", "\r\n")

DAHUA = """v=0
m=audio 0 RTP/AVP 97
a=control:trackID=1
a=rtpmap:97 MPEG4-GENERIC/16000
m=video 0 RTP/AVP 98
a=control:trackID=0
a=framerate:25.000000
a=rtpmap:98 H265/90000
a=fmtp:98 profile-id=1;sprop-sps={};sprop-pps=RAHAcvBTJA==;sprop-vps=QAEMAf//AWAAAAMAsAAAAwAAAwBarAWA
""".format("QgEBAWAAAAMAsAAAAwAAAwBaoAWCAeFja5JFL83AQA==")


def test_a_camera_with_absolute_addresses() -> None:
    found = parse_sdp(HIKVISION.encode(), "rtsp://camera/other")
    assert found.control == BASE
    assert found.media.control == BASE + "trackID=1"
    assert (found.media.payload_type, found.media.rate, found.media.format.name) == (96, 90_000, "h264")
    assert found.media.format.parameters == (SPS, PPS)


def test_a_camera_with_relative_addresses_and_the_picture_behind_the_sound() -> None:
    base = "rtsp://camera/cam/realmonitor?channel=1&subtype=1"
    found = parse_sdp(DAHUA.encode(), base)
    assert found.control == base
    assert found.media.control == base + "/trackID=0"
    assert (found.media.payload_type, found.media.format.name) == (98, "hevc")
    assert [found.media.format.codec.parameter_set_rank(nal) for nal in found.media.format.parameters] == [0, 1, 2]


@pytest.mark.parametrize(
    ("base", "control", "whole"),
    [
        ("rtsp://a/b/", "c", "rtsp://a/b/c"),
        ("rtsp://a/b", "c", "rtsp://a/b/c"),
        ("rtsp://a/b/", "/c", "rtsp://a/b/c"),
        ("rtsp://a/b", "*", "rtsp://a/b"),
        ("rtsp://a/b", None, "rtsp://a/b"),
        ("rtsp://a/b", "RTSP://x/y", "RTSP://x/y"),
    ],
)
def test_control_addresses(base: str, control: str | None, whole: str) -> None:
    assert control_url(base, control) == whole


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no picture"),
        ("m=audio 0 RTP/AVP 0\na=rtpmap:0 PCMU/8000", "no picture"),
        ("m=video 0 RTP/AVP 26", "H264 and H265"),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000", "VP8"),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=2", "out of order"),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-max-don-diff=1", "out of order"),
    ],
)
def test_what_can_not_be_shown_is_told(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_sdp(text.encode(), BASE)


def test_spoiled_parameter_sets_and_rates_are_done_without() -> None:
    text = "m=video 0 RTP/AVP 999 96\na=rtpmap:96 h264/0\na=fmtp:96 sprop-parameter-sets=%%%,QQ,Zw=="
    found = parse_sdp(text.encode(), BASE)
    assert found.media.rate == 90_000
    assert found.media.format.parameters == (b"g",)


LINES = strategies.sampled_from(HIKVISION.split("\r\n") + DAHUA.split("\n"))


@given(strategies.lists(LINES | strategies.text(max_size=40), max_size=20), strategies.binary(max_size=20))
def test_any_description_is_read_or_refused(lines: list[str], tail: bytes) -> None:
    with suppress(BadInput):
        parse_sdp("\n".join(lines).encode() + tail, BASE)
