"""What becomes of a frame: taken, to be acknowledged once it is kept, or turned away with the answer due.

ACK repeats sequence, receiver, line and account (§5.5.3.1), encrypted with a time if the message
was. NAK is for an encrypted message out of its time alone, and carries ours so that the panel may
set its clock (§5.5.3.2). DUH is for what was received right and can't be processed (§5.5.3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.links.dc09.cipher import seal, unseal
from gateway.links.dc09.frame import wrap
from gateway.links.dc09.message import Header, Message, read_content, read_header, write_time
from gateway.model import Words

LATE, EARLY = timedelta(seconds=40), timedelta(seconds=20)
"""How old an encrypted message may be, and how far ahead (§5.5.1.9): older may be a recording."""

Keys = Mapping[str, bytes | None]
"""Every account there is, and its key if its messages must be encrypted."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message of an account of ours."""

    message: Message
    key: bytes | None = field(repr=False)

    def ack(self, now: datetime) -> bytes:
        header = self.message.header
        if header.encrypted and self.key:
            return wrap(b'"*ACK"%s[%s' % (header.address, seal(b"|]" + write_time(now), self.key)))
        return wrap(b'"ACK"%s[]' % header.address)

    def duh(self) -> bytes:
        """For what can't be processed after all."""
        return _duh(self.message.header)


@dataclass(frozen=True, slots=True)
class Turned:
    """A message that is not taken. `account` is ours and told of it; None: nobody of ours."""

    why: Words
    answer: bytes
    account: str | None = None
    skew: timedelta | None = None
    """How far the panel's clock is ahead, where that is why."""


def judge(body: bytes, keys: Keys, now: datetime) -> Taken | Turned:
    """Of a frame's body, its checksum and length being right."""
    header = read_header(body)
    if header is None:
        return Turned(Words("报文头无法识别", "its header can't be read"), wrap(b'"DUH"0000R0L0A0[]'))
    return _sealed(header, keys, now) if header.encrypted else _plain(header, keys)


def _plain(header: Header, keys: Keys) -> Taken | Turned:
    message = read_content(header, header.rest)
    account = message.account if message else header.account
    if account not in keys:
        return Turned(
            Words(f"账号 {account or '（空）'} 不在配置中", f"account {account or '(none)'} is not in the YAML"),
            _duh(header),
        )
    if keys[account] is not None:
        return Turned(
            Words("未加密，而其账号设有密钥", "it is not encrypted, and its account has a key"), _duh(header), account
        )
    if message is None:
        return Turned(Words("数据没有结尾", "its data does not end"), _duh(header), account)
    if header.account and account != header.account:
        return Turned(
            Words(
                f"写有两个账号：{header.account} 和 {account}", f"it names two accounts, {header.account} and {account}"
            ),
            _duh(header),
        )
    return Taken(message, None)


def _sealed(header: Header, keys: Keys, now: datetime) -> Taken | Turned:
    account = header.account
    if account not in keys:
        return Turned(
            Words(f"账号 {account or '（空）'} 不在配置中", f"account {account or '(none)'} is not in the YAML"),
            _duh(header),
        )
    key = keys[account]
    if key is None:
        return Turned(
            Words("已加密，而其账号没有密钥", "it is encrypted, and its account has no key"), _duh(header), account
        )
    message = _decrypted(header, key)
    if message is None:
        return Turned(
            Words("用其账号的密钥无法解密", "it can't be decrypted with the key of its account"), _duh(header), account
        )
    if message.time is None or not -LATE <= message.time - now <= EARLY:
        return _out_of_time(message, now)
    return Taken(message, key)


def _decrypted(header: Header, key: bytes) -> Message | None:
    """None with the wrong key, which gives rubbish: neither the account nor a time stands in it."""
    clear = unseal(header.rest, key)
    if clear is None:
        return None
    message = read_content(header, clear)
    if message is None or message.account != header.account or (message.time is None and not clear.isascii()):
        return None
    return message


def _out_of_time(message: Message, now: datetime) -> Turned:
    nak = wrap(b'"NAK"0000R0L0A0[]' + write_time(now))
    if message.time is None:
        return Turned(Words("已加密而没有时间", "it is encrypted and has no time"), nak, message.account)
    skew = message.time - now
    zh, en = ("快", "ahead of") if skew > timedelta() else ("慢", "behind")
    off = f"{abs(skew.total_seconds()):.0f}"
    why = Words(f"其时间比网关{zh} {off} 秒", f"its time is {off} s {en} ours")
    return Turned(why, nak, message.account, skew)


def _duh(header: Header) -> bytes:
    return wrap(b'"DUH"%s[]' % header.address)
