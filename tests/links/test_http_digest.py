"""The server's side of HTTP Digest, by a clock of its own."""

from __future__ import annotations

import hashlib

import pytest

from gateway.links import http_digest
from gateway.links.http_digest import NONCE_LIFE_S, DigestAuthenticator, DigestVerdict

PATH = "/api/v1/push/d"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def answer(nonce: str, count: int = 1) -> str:
    response = md5(md5("u", "anju", "p"), nonce, f"{count:08x}", "c", "auth", md5("POST", PATH))
    return (
        f'Digest username="u", realm="anju", nonce="{nonce}", uri="{PATH}", qop=auth, nc={count:08x}, cnonce="c",'
        f' response="{response}"'
    )


def nonce_of(digests: DigestAuthenticator) -> str:
    return digests.challenges()[0].partition('nonce="')[2].partition('"')[0]


def check(digests: DigestAuthenticator, header: str) -> DigestVerdict:
    return digests.check(header, "POST", PATH, "u", "p")


def test_a_nonce_grows_old() -> None:
    clock = Clock()
    digests = DigestAuthenticator(clock)
    nonce, late = nonce_of(digests), nonce_of(digests)
    assert check(digests, answer(nonce)) is DigestVerdict.RIGHT
    clock.now += NONCE_LIFE_S - 1
    assert check(digests, answer(nonce, 2)) is DigestVerdict.RIGHT
    clock.now += 2
    assert check(digests, answer(nonce, 3)) is DigestVerdict.STALE
    assert check(digests, answer(late)) is DigestVerdict.STALE
    assert check(digests, answer(nonce_of(digests))) is DigestVerdict.RIGHT


def test_another_gateway_s_nonce_is_none() -> None:
    assert check(DigestAuthenticator(), answer(nonce_of(DigestAuthenticator()))) is DigestVerdict.WRONG


def test_what_was_forgotten_is_not_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record of used nonces is bounded; what falls out of it counts as old."""
    monkeypatch.setattr(http_digest, "MAX_NONCES", 10)
    clock = Clock()
    digests = DigestAuthenticator(clock)
    first = nonce_of(digests)
    assert check(digests, answer(first)) is DigestVerdict.RIGHT
    for _ in range(20):
        clock.now += 1
        assert check(digests, answer(nonce_of(digests))) is DigestVerdict.RIGHT
    assert len(digests._counts) <= 10
    assert check(digests, answer(first)) is DigestVerdict.STALE


def test_the_example_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2617, section 3.5; only its nonce is not ours."""
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    monkeypatch.setattr(http_digest, "REALM", "testrealm@host.com")
    monkeypatch.setattr(DigestAuthenticator, "_issued", lambda _self, given: 999.0 if given == nonce else None)
    header = (
        'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
        ' uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b",'
        ' response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    checked = DigestAuthenticator(Clock()).check(header, "GET", "/dir/index.html", "Mufasa", "Circle Of Life")
    assert checked is DigestVerdict.RIGHT


@pytest.mark.parametrize(
    "text", ["", "Digest", "Digest nc", 'Digest nonce="\udc80", realm="anju", uri="/api/v1/push/d"']
)
def test_anything_is_wrong(text: str) -> None:
    assert check(DigestAuthenticator(), text) is DigestVerdict.WRONG
