"""Why a reader does not work, in words that say what to look at."""

from __future__ import annotations

from gateway.model import Words
from gateway.protocols.osdp.bus import ReaderPoll

_IDENTITY, _CAPABILITIES, _CHALLENGE, _CRYPTOGRAM, _KEY = 0x61, 0x62, 0x76, 0x77, 0x75


def no_reply(address: int, port: str, baud: int) -> Words:
    """Of a reader that leaves questions unanswered."""
    en = f"no answer from address {address} on {port}: check its power, the pair A/B, its address and baud ({baud})"
    return Words("读卡器无应答，请检查供电和线路", en)


def rejected(turn: ReaderPoll, *, has_key: bool) -> Words:
    """Of a reader that answers, by how far its sessions came."""
    asked = turn.session.asked
    if has_key and asked in {_CHALLENGE, _CRYPTOGRAM}:
        return Words(
            "读卡器密钥不对，请通知安装员",
            "it answers, but its key is another: write the right `key`, or set it to its default and say install: true",
        )
    if has_key and asked == _KEY:
        return Words(
            "读卡器不接受新密钥，请通知安装员",
            "it answers, but takes no new key: set it to its default key at the reader, and try again",
        )
    if has_key and asked == _CAPABILITIES:
        return Words(
            "读卡器不支持加密，请通知安装员",
            "it answers, but has no secure channel: get one that has, or take out its key and say plain: true",
        )
    if has_key and turn.session.reachable:
        return Words(
            "读卡器密钥不对，请通知安装员",
            "it answers, but takes neither its key nor the default one: set it to its default key at the reader",
        )
    if asked == _IDENTITY:
        return Words(
            "读卡器的应答不合规范，请通知安装员", "it answers, but does not say what it is: is it an OSDP reader?"
        )
    return Words(
        "读卡器拒绝通信，请通知安装员",
        "it answers, and refuses what it is asked: does it want a secure channel? Then write its `key`",
    )
