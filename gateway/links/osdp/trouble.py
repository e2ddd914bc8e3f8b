"""Why a reader does not work, in words that say what to look at."""

from __future__ import annotations

from gateway.links.osdp.bus import Turn

_IDENTITY, _CAPABILITIES, _CHALLENGE, _CRYPTOGRAM, _KEY = 0x61, 0x62, 0x76, 0x77, 0x75


def silence(address: int, port: str, baud: int) -> str:
    """Of a reader that leaves questions unanswered."""
    return f"no answer from address {address} on {port}: check its power, the pair A/B, its address and baud ({baud})"


def refusal(turn: Turn, *, has_key: bool) -> str:
    """Of a reader that answers, by how far its sessions came."""
    asked = turn.session.asked
    if has_key and asked in {_CHALLENGE, _CRYPTOGRAM}:
        return (
            "it answers, but its key is another: write the right `key`, or set it to its default and say install: true"
        )
    if has_key and asked == _KEY:
        return "it answers, but takes no new key: set it to its default key at the reader, and try again"
    if has_key and asked == _CAPABILITIES:
        return "it answers, but has no secure channel: get one that has, or take out its key and say plain: true"
    if has_key and turn.session.reachable:
        return "it answers, but takes neither its key nor the default one: set it to its default key at the reader"
    if asked == _IDENTITY:
        return "it answers, but does not say what it is: is it an OSDP reader?"
    return "it answers, and refuses what it is asked: does it want a secure channel? Then write its `key`"
