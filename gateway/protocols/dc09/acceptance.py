"""Decides what to do with a received frame: accept it (ACK after the commit) or reject it with a NAK or DUH.

ACK repeats sequence number, receiver, line and account (§5.5.3.1); it is encrypted and carries a time if the message
was encrypted. NAK is only for an encrypted message outside its time window, and carries our time so that the panel
can set its clock (§5.5.3.2). DUH is for a frame that was received correctly and can't be processed (§5.5.3.3).
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
"""Time window of an encrypted message (§5.5.1.9): an older one may be a replayed recording."""

AccountKeys = Mapping[str, bytes | None]
"""Every configured account → its AES key, or None if its messages must not be encrypted."""
AccountTimezones = Mapping[str, ZoneInfo]
"""Accounts whose panels send local time instead of UTC."""


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message of a configured account, in clear. `key` is None if it was not encrypted."""

    message: Dc09Message
    key: bytes | None = field(repr=False)

    def ack(self, now: datetime) -> bytes:
        """Return the ACK frame. `now` is the time to send, in the panel's time zone; only encrypted ACKs carry it."""
        header = self.message.header
        if header.encrypted and self.key:
            return wrap(b'"*ACK"%s[%s' % (header.address, encrypt(b"|]" + write_time(now), self.key)))
        return wrap(b'"ACK"%s[]' % header.address)

    def duh(self) -> bytes:
        """Return the DUH frame, for a message whose data turned out to be unreadable."""
        return _duh(self.message.header)


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A message that is not accepted, and the frame to answer it with."""

    why: Words
    """For the quarantine."""
    reply: bytes
    account: str | None = None
    """The configured account that it claims to be from; None if there is none."""
    fix: Words | None = None
    """For the guard, instead of `why`: the reason and how to fix it."""
    skew: timedelta | None = None
    """How far the panel's clock is ahead, if that is the reason."""


_NOT_ENCRYPTED = Words(
    "主机未加密上报，而配置中该账号设有密钥；请在主机上打开加密，或删去配置中的 key",
    "it reports without encryption, and its account has a key: switch encryption on at the panel, or take out `key`",
)
_NO_KEY = Words(
    "主机加密上报，而配置中该账号没有密钥；请把主机的密钥写入配置的 key",
    "it reports encrypted, and its account has no key: write the panel's key as `key`",
)
_WRONG_KEY = Words(
    "主机的加密密钥与配置不同，无法解密；请把两处改成一样",
    "its reports can't be decrypted: its key is not the one in the YAML, make them the same",
)
_NO_TIME = Words(
    "主机加密上报而不带时间；请在主机上打开时间戳",
    "it reports encrypted and without a time: switch the time stamp on at the panel",
)


def accept_or_reject(
    body: bytes, keys: AccountKeys, now: datetime, timezones: AccountTimezones | None = None
) -> AcceptedMessage | RejectedMessage:
    """Examine the body of a frame whose checksum and length are right."""
    header = read_header(body)
    if header is None:
        return RejectedMessage(Words("报文头无法识别", "its header can't be read"), wrap(b'"DUH"0000R0L0A0[]'))
    timezones = timezones or {}
    if header.encrypted:
        return _examine_encrypted(header, keys, now, timezones.get(header.account))
    verdict = _examine_clear(header, keys)
    if isinstance(verdict, RejectedMessage):
        return verdict
    message = verdict.message
    return AcceptedMessage(clock.with_utc_time(message, timezones.get(message.account), now), None)


def _examine_clear(header: Dc09Header, keys: AccountKeys) -> AcceptedMessage | RejectedMessage:
    message = read_content(header, header.content)
    account = message.account if message else header.account
    is_same = account.lstrip("0") == header.account.lstrip("0")
    # Header and data both name the account, and some panels pad one of the two with zeros: the configured one counts.
    if message and is_same and account not in keys and header.account in keys:
        account = header.account
        message = replace(message, account=account)
    if account not in keys:
        return _unknown_account(header, account)
    if keys[account] is not None:
        why = Words("未加密，而其账号设有密钥", "it is not encrypted, and its account has a key")
        return RejectedMessage(why, _duh(header), account, _NOT_ENCRYPTED)
    if message is None:
        return RejectedMessage(Words("数据没有结尾", "its data does not end"), _duh(header), account)
    if header.account.strip("0") and not is_same:
        zh = f"写有两个账号：{header.account} 和 {account}"
        return RejectedMessage(Words(zh, f"it names two accounts, {header.account} and {account}"), _duh(header))
    return AcceptedMessage(message, None)


def _examine_encrypted(
    header: Dc09Header, keys: AccountKeys, now: datetime, zone: ZoneInfo | None
) -> AcceptedMessage | RejectedMessage:
    account = header.account
    if account not in keys:
        return _unknown_account(header, account)
    key = keys[account]
    if key is None:  # not even the time can be read, so DUH and not NAK
        why = Words("已加密，而其账号没有密钥", "it is encrypted, and its account has no key")
        return RejectedMessage(why, _duh(header), account, _NO_KEY)
    message = _decrypted(header, key)
    if message is None:
        why = Words("用其账号的密钥无法解密", "it can't be decrypted with the key of its account")
        return RejectedMessage(why, _duh(header), account, _WRONG_KEY)
    message = clock.with_utc_time(message, zone, now)
    if message.sent_at is None or not -MAX_AGE <= message.sent_at - now <= MAX_AHEAD:
        return _outside_window(message, now, zone)
    return AcceptedMessage(message, key)


def _decrypted(header: Dc09Header, key: bytes) -> Dc09Message | None:
    """Return None if the key is wrong.

    A wrong key gives random bytes, in which neither the account nor a time stamp can be found.
    """
    clear = decrypt(header.content, key)
    if clear is None:
        return None
    message = read_content(header, clear)
    if message is None or message.account != header.account or (message.sent_at is None and not clear.isascii()):
        return None
    return message


def _unknown_account(header: Dc09Header, account: str) -> RejectedMessage:
    why = Words(f"账号 {account or '（空）'} 不在配置中", f"account {account or '(none)'} is not in the YAML")
    return RejectedMessage(why, _duh(header))


def _outside_window(message: Dc09Message, now: datetime, zone: ZoneInfo | None) -> RejectedMessage:
    # Sequence number, receiver, line and account are zeros by the standard.
    nak = wrap(b'"NAK"0000R0L0A0[]' + write_time(clock.panel_time(now, zone)))
    if message.sent_at is None:
        why = Words("已加密而没有时间", "it is encrypted and has no time")
        return RejectedMessage(why, nak, message.account, _NO_TIME)
    skew = message.sent_at - now
    zh, en = ("快", "ahead of") if skew > timedelta() else ("慢", "behind")
    seconds = f"{abs(skew.total_seconds()):.0f}"
    why = Words(f"其时间比网关{zh} {seconds} 秒", f"its time is {seconds} s {en} ours")
    return RejectedMessage(why, nak, message.account, clock.describe_skew(message.sent_at, now), skew)


def _duh(header: Dc09Header) -> bytes:
    return wrap(b'"DUH"%s[]' % header.address)
