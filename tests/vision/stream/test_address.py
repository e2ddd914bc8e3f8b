from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.vision.stream.address import fault_of, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://admin:geheim@10.0.0.2/ch1", "rtsp://***@10.0.0.2/ch1"),
        ("rtsp://admin:p@ss:w0rd@10.0.0.2:554/ch1", "rtsp://***@10.0.0.2:554/ch1"),
        ("rtsp://10.0.0.2/ch1", "rtsp://10.0.0.2/ch1"),
        ("http://c/s?user=a&password=b&ch=1", "http://c/s?user=***&password=***&ch=1"),
        ("refused: 'rtsp://a:b@c/d' and rtsp://e:f@g", "refused: 'rtsp://***@c/d' and rtsp://***@g"),
        ("/video/gate.mp4", "/video/gate.mp4"),
    ],
)
def test_credentials_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.text("abcXYZ019:@!$&;=~-._", min_size=1, max_size=20))
def test_no_password_is_left(password: str) -> None:
    assert masked(f"rtsp://admin:{password}@camera.example/1") == "rtsp://***@camera.example/1"


@pytest.mark.parametrize(
    "source",
    [
        "rtsp://10.0.0.2/ch1",
        "rtsps://u:p@cam:322/x",
        "rtsp://u:p:9/9@cam/ch1:2?at=10:99999",
        "rtsp://[fe80::1]:554/x",
        "rtsp://[fe80::1]/x",
        "/video/gate.mp4",
        "./gate.mp4",
    ],
)
def test_what_can_be_tried(source: str) -> None:
    assert fault_of(source) is None


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rstp://10.0.0.2/", "scheme 'rstp'"),
        ("gate.mp4", "neither"),
        ("rtsp://", "host"),
        ("rtsp://u:secret@/", "host"),
        ("rtsp://u:secret@cam:99999/ch1", "port"),
        ("rtsp://cam:0", "port"),
        ("rtsp://cam:55４/ch1", "port"),
        ("rtsp://admin:secret/ch1", "port"),
    ],
)
def test_what_can_not(source: str, said: str) -> None:
    fault = fault_of(source)
    assert fault is not None
    assert said in fault
    assert "secret" not in fault
