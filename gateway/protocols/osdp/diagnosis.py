"""Why a reader does not work, with what to check."""

from __future__ import annotations

from gateway.model import Words
from gateway.protocols.osdp.polled_reader import PolledReader

_IDENTITY, _CAPABILITIES, _CHALLENGE, _CRYPTOGRAM, _KEY = 0x61, 0x62, 0x76, 0x77, 0x75


def no_reply(address: int, port: str, baud: int) -> Words:
    """Describe a reader that does not reply."""
    en = f"no answer from address {address} on {port}: check its power, the pair A/B, its address and baud ({baud})"
    return Words("读卡器无应答，请检查供电和线路", en)


def rejected(reader: PolledReader, *, has_key: bool) -> Words:
    """Describe a reader that replies but rejects sessions, by the last command of its failed session."""
    command = reader.session.last_command
    # The key is first used in the challenge, so a failure there means another key.
    if has_key and command in {_CHALLENGE, _CRYPTOGRAM}:
        return Words(
            "读卡器密钥不对，请通知安装员",
            "it answers, but its key is another: write the right `key`, or set it to its default and say install: true",
        )
    if has_key and command == _KEY:
        return Words(
            "读卡器不接受新密钥，请通知安装员",
            "it answers, but takes no new key: set it to its default key at the reader, and try again",
        )
    # With a key, libosdp ends the session here if the capabilities do not list the secure channel.
    if has_key and command == _CAPABILITIES:
        return Words(
            "读卡器不支持加密，请通知安装员",
            "it answers, but has no secure channel: get one that has, or take out its key and say plain: true",
        )
    # It is up without the secure channel: with `install`, libosdp falls back to that if no key works.
    if has_key and reader.session.reachable:
        return Words(
            "读卡器密钥不对，请通知安装员",
            "it answers, but takes neither its key nor the default one: set it to its default key at the reader",
        )
    if command == _IDENTITY:
        return Words(
            "读卡器的应答不合规范，请通知安装员", "it answers, but does not say what it is: is it an OSDP reader?"
        )
    return Words(
        "读卡器拒绝通信，请通知安装员",
        "it answers, and refuses what it is asked: does it want a secure channel? Then write its `key`",
    )
