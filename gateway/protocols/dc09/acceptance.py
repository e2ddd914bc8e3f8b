"""What becomes of a frame: taken, to be acknowledged once it is kept, or turned away with the answer due.

ACK repeats sequence, receiver, line and account (§5.5.3.1), encrypted with a time if the message
was. NAK is for an encrypted message out of its time alone, and carries ours so that the panel may
set its clock (§5.5.3.2). DUH is for what was received right and can't be processed (§5.5.3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.model import Words
from gateway.protocols.dc09 import clock
from gateway.protocols.dc09.cipher import decrypt, encrypt
from gateway.protocols.dc09.frame import wrap
from gateway.protocols.dc09.message import Dc09Header, Dc09Message, read_content, read_header, write_time

MAX_AGE, MAX_AHEAD = timedelta(seconds=40), timedelta(seconds=20)
"""How old an encrypted message may be, and how far ahead (§5.5.1.9): older may be a recording."""

AccountKeys = Mapping[str, bytes | None]
"""Every account there is, and its key if its messages must be encrypted."""
AccountTimezones = Mapping[str, ZoneInfo]
"""Of accounts whose panels keep the time of a zone rather than UTC."""


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message of an account of ours."""

    message: Dc09Message
    key: bytes | None = field(repr=False)

    def ack(self, now: datetime) -> bytes:
        header = self.message.header
        if header.encrypted and self.key:
            return wrap(b'"*ACK"%s[%s' % (header.address, encrypt(b"|]" + write_time(now), self.key)))
        return wrap(b'"ACK"%s[]' % header.address)

    def duh(self) -> bytes:
        """For what can't be processed after all."""
        return _duh(self.message.header)


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A message that is not taken. `account` is ours and told of it; None: nobody of ours.

    `mend` is what a guard is told instead of `why`: the same, with how to mend it.
    """

    why: Words
    answer: bytes
    account: str | None = None
    mend: Words | None = None
    skew: timedelta | None = None
    """How far the panel's clock is ahead, where that is why."""


_PLAIN = Words(
    "主机未加密上报，而配置中该账号设有密钥；请在主机上打开加密，或删去配置中的 key",
    "it reports without encryption, and its account has a key: switch encryption on at the panel, or take out `key`",
)
_NO_KEY = Words(
    "主机加密上报，而配置中该账号没有密钥；请把主机的密钥写入配置的 key",
    "it reports encrypted, and its account has no key: write the panel's key as `key`",
)
_OTHER_KEY = Words(
    "主机的加密密钥与配置不同，无法解密；请把两处改成一样",
    "its reports can't be decrypted: its key is not the one in the YAML, make them the same",
)
_NO_TIME = Words(
    "主机加密上报而不带时间；请在主机上打开时间戳",
    "it reports encrypted and without a time: switch the time stamp on at the panel",
)


def accept_or_reject(
    body: bytes, keys: AccountKeys, now: datetime, zones: AccountTimezones | None = None
) -> AcceptedMessage | RejectedMessage:
    """Of a frame's body, its checksum and length being right."""
    header = read_header(body)
    if header is None:
        return RejectedMessage(Words("报文头无法识别", "its header can't be read"), wrap(b'"DUH"0000R0L0A0[]'))
    zones = zones or {}
    if header.encrypted:
        return _sealed(header, keys, now, zones.get(header.account))
    verdict = _plain(header, keys)
    if isinstance(verdict, RejectedMessage):
        return verdict
    message = verdict.message
    return AcceptedMessage(clock.with_utc_time(message, zones.get(message.account), now), None)


def _plain(header: Dc09Header, keys: AccountKeys) -> AcceptedMessage | RejectedMessage:
    message = read_content(header, header.rest)
    account = message.account if message else header.account
    is_same = account.lstrip("0") == header.account.lstrip("0")
    if message and is_same and account not in keys and header.account in keys:  # one of the two is filled up with zeros
        account = header.account
        message = replace(message, account=account)
    if account not in keys:
        return RejectedMessage(
            Words(f"账号 {account or '（空）'} 不在配置中", f"account {account or '(none)'} is not in the YAML"),
            _duh(header),
        )
    if keys[account] is not None:
        return RejectedMessage(
            Words("未加密，而其账号设有密钥", "it is not encrypted, and its account has a key"),
            _duh(header),
            account,
            _PLAIN,
        )
    if message is None:
        return RejectedMessage(Words("数据没有结尾", "its data does not end"), _duh(header), account)
    if header.account.strip("0") and not is_same:
        return RejectedMessage(
            Words(
                f"写有两个账号：{header.account} 和 {account}", f"it names two accounts, {header.account} and {account}"
            ),
            _duh(header),
        )
    return AcceptedMessage(message, None)


def _sealed(
    header: Dc09Header, keys: AccountKeys, now: datetime, zone: ZoneInfo | None
) -> AcceptedMessage | RejectedMessage:
    account = header.account
    if account not in keys:
        return RejectedMessage(
            Words(f"账号 {account or '（空）'} 不在配置中", f"account {account or '(none)'} is not in the YAML"),
            _duh(header),
        )
    key = keys[account]
    if key is None:
        return RejectedMessage(
            Words("已加密，而其账号没有密钥", "it is encrypted, and its account has no key"),
            _duh(header),
            account,
            _NO_KEY,
        )
    message = _decrypted(header, key)
    if message is None:
        return RejectedMessage(
            Words("用其账号的密钥无法解密", "it can't be decrypted with the key of its account"),
            _duh(header),
            account,
            _OTHER_KEY,
        )
    message = clock.with_utc_time(message, zone, now)
    if message.time is None or not -MAX_AGE <= message.time - now <= MAX_AHEAD:
        return _out_of_time(message, now, zone)
    return AcceptedMessage(message, key)


def _decrypted(header: Dc09Header, key: bytes) -> Dc09Message | None:
    """None with the wrong key, which gives rubbish: neither the account nor a time stands in it."""
    clear = decrypt(header.rest, key)
    if clear is None:
        return None
    message = read_content(header, clear)
    if message is None or message.account != header.account or (message.time is None and not clear.isascii()):
        return None
    return message


def _out_of_time(message: Dc09Message, now: datetime, zone: ZoneInfo | None) -> RejectedMessage:
    nak = wrap(b'"NAK"0000R0L0A0[]' + write_time(clock.panel_time(now, zone)))
    if message.time is None:
        why = Words("已加密而没有时间", "it is encrypted and has no time")
        return RejectedMessage(why, nak, message.account, _NO_TIME)
    skew = message.time - now
    zh, en = ("快", "ahead of") if skew > timedelta() else ("慢", "behind")
    off = f"{abs(skew.total_seconds()):.0f}"
    why = Words(f"其时间比网关{zh} {off} 秒", f"its time is {off} s {en} ours")
    return RejectedMessage(why, nak, message.account, clock.describe_skew(message.time, now), skew)


def _duh(header: Dc09Header) -> bytes:
    return wrap(b'"DUH"%s[]' % header.address)
