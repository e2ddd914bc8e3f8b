"""Digest and Basic, held against the figures of the standards."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, strategies

from gateway.vision.stream.rtsp.auth import RtspChallenge, RtspCredentials, parse_challenges

# RFC 7616, 3.9.1: the same challenge in both algorithms
_SAID = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
_CHANCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
_RESPONSES = {
    "MD5": "8ca523f5e9506fed4657c9700eebdbec",
    "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}


def answer(header: str, user: str = "Mufasa", password: str = "Circle of Life") -> str:
    credentials = RtspCredentials(user, password, client_nonce=lambda: _CHANCE)
    assert credentials.accept(parse_challenges([header]))
    said = credentials.header("GET", "/dir/index.html")
    assert said is not None
    return said


@pytest.mark.parametrize("algorithm", _RESPONSES)
def test_the_standards_own_example(algorithm: str) -> None:
    said = answer(_SAID.format(algorithm))
    assert f'response="{_RESPONSES[algorithm]}"' in said
    assert "nc=00000001" in said
    assert f'cnonce="{_CHANCE}"' in said


def test_the_old_digest_that_most_cameras_speak() -> None:
    """RFC 2617's example without qop: MD5(MD5(A1):nonce:MD5(A2)), worked out with md5sum."""
    said = answer(
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"', password="Circle Of Life"
    )
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in said
    assert "qop" not in said
    assert "cnonce" not in said


def test_basic() -> None:
    assert answer('Basic realm="camera"', "Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_the_strongest_of_what_is_offered_is_taken() -> None:
    offered = [
        'Basic realm="a", Digest realm="a", nonce="1"',
        'Digest realm="a", nonce="2", algorithm=SHA-256, qop="auth"',
    ]
    found = parse_challenges(offered)
    assert [challenge.scheme for challenge in found] == ["basic", "digest", "digest"]
    credentials = RtspCredentials("u", "p")
    assert credentials.accept(found)
    assert 'nonce="2"' in (credentials.header("PLAY", "rtsp://a/") or "")


def test_what_can_not_be_answered_is_left() -> None:
    for header in (
        "",
        "Bearer x",
        'Digest realm="a"',
        'Digest nonce="1", qop="auth-int"',
        "Digest nonce=1, algorithm=MD9",
    ):
        assert not RtspCredentials("u", "p").accept(parse_challenges([header]))


def test_each_use_of_a_nonce_is_counted() -> None:
    credentials = RtspCredentials("u", "p")
    credentials.accept([RtspChallenge("digest", {"nonce": "1", "qop": "auth"})])
    counts = [re.search(r"nc=(\d+)", credentials.header("PLAY", "rtsp://a/") or "") for _ in range(3)]
    assert [found and found[1] for found in counts] == ["00000001", "00000002", "00000003"]


def test_quotes_are_escaped_and_a_password_is_not_told() -> None:
    said = answer(r'Digest realm="a \"b\"", nonce="1"', 'us"er', "geheim")
    assert r'username="us\"er"' in said
    assert r'realm="a \"b\""' in said
    assert "geheim" not in said
    assert "geheim" not in repr(RtspCredentials("u", "geheim"))


@given(strategies.lists(strategies.text(max_size=80), max_size=4))
def test_any_challenge_is_survived(headers: list[str]) -> None:
    credentials = RtspCredentials("u", "p")
    if credentials.accept(parse_challenges(headers)):
        assert credentials.header("PLAY", "rtsp://a/")


@given(strategies.text(max_size=60))
def test_any_arguments_are_survived(rest: str) -> None:
    credentials = RtspCredentials("u", "p")
    credentials.accept(parse_challenges([f'Digest nonce="1", algorithm=MD5, {rest}']))
    credentials.header("PLAY", "rtsp://a/")


@pytest.mark.parametrize(
    "header", ["Basic" + " " * 16_000 + '"', "Digest a=b" + " " * 16_000 + "!", " " * 16_000 + "!"]
)
def test_a_head_full_of_blanks_is_read_in_no_time(header: str) -> None:
    """All cameras wait for the thread that reads this."""
    began = time.thread_time()
    parse_challenges([header])
    assert time.thread_time() - began < 0.1
