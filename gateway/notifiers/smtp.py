"""E-mail by a server of the installer's. 250 means that the next hop took it; nothing tells more."""

from __future__ import annotations

import re
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Annotated, Literal

import aiosmtplib
from pydantic import AfterValidator, Field

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.notifier import Notification, Notifier, NotifierSettings, Receipt
from gateway.settings.context import ExistingFile
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

TIMEOUT_S = 30.0
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
"""As browsers check it (HTML, input type=email). Servers of today take names in other letters only with SMTPUTF8."""
_SERVICE = Words("邮件服务器", "the mail server")


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise Wrong(f"{value!r} is no e-mail address", "write name@example.org")
    return value


EmailAddress = Annotated[str, AfterValidator(_address)]


class SmtpSettings(NotifierSettings):
    """A mail server. Recipients of a notification are e-mail addresses; without any it goes to those of `to`."""

    host: Annotated[str, Field(min_length=1, description="the mail server")]
    port: Annotated[int, Field(ge=1, le=65535, description="465 for tls, 587 for starttls")] = 465
    encryption: Annotated[Literal["tls", "starttls", "none"], Field(description="none: only within the house")] = "tls"
    ca: Annotated[ExistingFile | None, Field(description="checked against this authority")] = None
    user: str | None = None
    password: Secret | None = None
    sender: Annotated[EmailAddress, Field(description="the From address")]
    to: Annotated[
        tuple[EmailAddress, ...],
        Field(min_length=1, max_length=50, description="who gets it, when the message names nobody; tests go there"),
    ]


class Smtp(Notifier):
    """Sends one message to all recipients, under a Message-ID that stays at every retry."""

    Settings = SmtpSettings
    settings: SmtpSettings

    async def send(self, notification: Notification) -> Receipt:
        """See the contract. Those that the server refused, while it took others, are in the receipt."""
        to = self._recipients(notification)
        try:
            async with self._client() as client:
                refused, answer = await client.send_message(self._message(notification, to))
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _fault(error) from None
        return Receipt(answer[:200], tuple(refused))

    async def probe(self, notification: Notification) -> Receipt:
        """Sign in and name sender and receivers, as for a message, then reset: the server says whom it would take."""
        to = self._recipients(notification)
        try:
            async with self._client() as client:
                await client.mail(self.settings.sender)
                answers = [await client.rcpt(each) for each in to]
                await client.rset()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _fault(error) from None
        return Receipt(f"{answers[-1].code} {answers[-1].message}"[:200])

    def _recipients(self, notification: Notification) -> tuple[str, ...]:
        return tuple(notification.recipients) or self.settings.to

    def _client(self) -> aiosmtplib.SMTP:
        settings = self.settings
        encrypted = settings.encryption != "none"
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            use_tls=settings.encryption == "tls",
            start_tls=settings.encryption == "starttls",
            tls_context=ssl.create_default_context(cafile=settings.ca) if encrypted else None,
            timeout=TIMEOUT_S,
        )

    def _message(self, notification: Notification, to: tuple[str, ...]) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.settings.sender
        message["To"] = ", ".join(to)
        message["Subject"] = " ".join(notification.said_title().split())
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = f"<{notification.id}@{self.settings.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content("\n\n".join(part for part in (notification.said_text(), notification.link) if part) + "\n")
        return message


def _fault(error: Exception) -> LinkLost | LoginRefused | BadInput:
    """The contract's error. The server's own words are kept: they hold no password of ours."""
    said = " ".join(str(error).split())[:200]
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return LoginRefused(
            Words(f"{_SERVICE.zh}不认用户名或密码（{said}）", f"{_SERVICE.en} refused the login ({said})")
        )
    if _is_final(error):
        return BadInput(Words(f"{_SERVICE.zh}拒收（{said}）", f"{_SERVICE.en} refused it ({said})"), b"")
    return LinkLost(Words(f"{_SERVICE.zh}暂不可用（{said}）", f"{_SERVICE.en} can't be used now ({said})"))


def _is_final(error: Exception) -> bool:
    """Whether the server answered 5xx: the same message would be refused again."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(each.code >= 500 for each in error.recipients)
    connecting = isinstance(error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPHeloError)
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500 and not connecting


NOTIFIER = Smtp
