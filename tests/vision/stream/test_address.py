from __future__ import annotations

import pytest

from gateway.vision.stream.address import address_error


@pytest.mark.parametrize(
    "source",
    [
        "rtsp://10.0.0.2/ch1",
        "rtsps://u:p@cam:322/x",
        "rtsp://u:p:9%2F9@cam/ch1:2?at=10:99999",
        "rtsp://u:p@ss@cam/ch1",
        "rtsp://10.0.0.2:554/user=admin&password=p@ss&channel=1&stream=0.sdp?real_stream",
        "rtsp://10.0.0.2:554/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream",
        "rtsp://[fe80::1]:554/x",
        "rtsp://[fe80::1]/x",
        "/video/gate.mp4",
        "./gate.mp4",
    ],
)
def test_what_can_be_tried(source: str) -> None:
    assert address_error(source) is None


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rstp://10.0.0.2/", "scheme 'rstp'"),
        ("gate.mp4", "neither"),
        ("rtsp://", "host"),
        ("rtsp://u:secret@/", "host"),
        ("rtsp://u:secret@cam:99999/ch1", "port"),
        ("rtsp://admin:2024/secret@cam/ch1", "%2F"),
        ("rtsp://admin:secret#1@cam/ch1", "%23"),
        ("rtsp://admin:secret?1@cam/ch1", "%3F"),
        ("rtsps://admin:12/secret?#1@[fe80::1]:322/ch1", "%2F"),
        ("http://admin:12/secret@cam/ch1", "%2F"),
        ("rtsp://admin:two secret@cam/ch1", "%20"),
        ("rtsp://cam/ch1#secret", "%23"),
        ("rtsp://cam:0", "port"),
        ("rtsp://cam:55４/ch1", "port"),
        ("rtsp://admin:secret/ch1", "port"),
    ],
)
def test_what_can_not(source: str, said: str) -> None:
    fault = address_error(source)
    assert fault is not None
    assert said in fault
    assert "secret" not in fault
