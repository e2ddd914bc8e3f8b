"""The server's side of HTTP Digest, by a clock of its own."""

from __future__ import annotations

import hashlib

import pytest

from gateway.links import http_digest
from gateway.links.http_digest import LIFE_S, Digests, Verdict

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


def nonce_of(digests: Digests) -> str:
    return digests.challenges()[0].partition('nonce="')[2].partition('"')[0]


def check(digests: Digests, header: str) -> Verdict:
    return digests.check(header, "POST", PATH, "u", "p")


def test_a_nonce_grows_old() -> None:
    clock = Clock()
    digests = Digests(clock)
    nonce, late = nonce_of(digests), nonce_of(digests)
    assert check(digests, answer(nonce)) is Verdict.RIGHT
    clock.now += LIFE_S - 1
    assert check(digests, answer(nonce, 2)) is Verdict.RIGHT
    clock.now += 2
    assert check(digests, answer(nonce, 3)) is Verdict.STALE
    assert check(digests, answer(late)) is Verdict.STALE
    assert check(digests, answer(nonce_of(digests))) is Verdict.RIGHT


def test_another_gateway_s_nonce_is_none() -> None:
    assert check(Digests(), answer(nonce_of(Digests()))) is Verdict.WRONG


def test_what_was_forgotten_is_not_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record of used nonces is bounded; what falls out of it counts as old."""
    monkeypatch.setattr(http_digest, "MOST_NONCES", 10)
    clock = Clock()
    digests = Digests(clock)
    first = nonce_of(digests)
    assert check(digests, answer(first)) is Verdict.RIGHT
    for _ in range(20):
        clock.now += 1
        assert check(digests, answer(nonce_of(digests))) is Verdict.RIGHT
    assert len(digests._counts) <= 10
    assert check(digests, answer(first)) is Verdict.STALE


def test_the_example_of_rfc_7616(monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 3.9.1, of which only the nonce is not ours."""
    monkeypatch.setattr(http_digest, "REALM", "http-auth@example.org")
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    monkeypatch.setattr(Digests, "_issued", lambda _self, given: 1.0 if given == nonce else None)
    for name, response in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        header = (
            'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html",'
            f' algorithm={name}, nonce="{nonce}", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzXpusqGemxURZJ",'
            f' qop=auth, response="{response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
        )
        digests = Digests(Clock())
        digests._clock = lambda: 2.0
        assert digests.check(header, "GET", "/dir/index.html", "Mufasa", "Circle of Life") is Verdict.RIGHT


@pytest.mark.parametrize(
    "text", ["", "Digest", "Digest nc", 'Digest nonce="\udc80", realm="anju", uri="/api/v1/push/d"']
)
def test_anything_is_wrong(text: str) -> None:
    assert check(Digests(), text) is Verdict.WRONG
