"""Whose push is turned away for its secret, and when the guard is told."""

from __future__ import annotations

from gateway.links.http_push import MIN_WRONG_SECRETS, PushDenied, PushLink, PushRegistry
from gateway.links.http_push_settings import PushSettings
from gateway.model import Words

SETTINGS = PushSettings.model_validate({"token": "right-token-of-it", "query": "key"})


def made() -> tuple[PushRegistry, PushLink, list[str]]:
    pushes, told = PushRegistry(), list[str]()
    link = pushes.link("cam", SETTINGS)

    def refused(_part: None, why: Words) -> None:
        told.append(why.en)

    link.on_refused = refused
    return pushes, link, told


def ask(pushes: PushRegistry, token: str) -> PushLink | PushDenied:
    return pushes.authenticate("cam", f"Bearer {token}" if token else "", lambda _: None)


def test_a_device_with_a_wrong_token_for_ever_is_told() -> None:
    pushes, _, told = made()
    for _ in range(MIN_WRONG_SECRETS - 1):
        assert ask(pushes, "wrong") is PushDenied.WRONG
    assert told == [], "one who mistyped it once"
    pushes.authenticate("cam", "", lambda _: "wrong")
    assert "its token or password is wrong" in told[0]


def test_a_strangers_guesses_say_nothing_of_a_device_that_is_let_in() -> None:
    pushes, link, told = made()
    assert ask(pushes, "right-token-of-it") is link
    for _ in range(100):
        ask(pushes, "wrong")
        ask(pushes, "")
    assert told == []


def test_who_gives_nothing_is_asked_for_it_first() -> None:
    pushes, _, told = made()
    for _ in range(10):
        assert ask(pushes, "") is PushDenied.NOTHING_GIVEN
    pushes.authenticate("nobody", "Bearer wrong", lambda _: None)
    assert told == []
