"""E-mail, to a real server (aiosmtpd) with TLS, a login, and recipients that it refuses."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from tests.support.notifications import NOTE, notifier
from tests.support.ports import free_port

USER, PASSWORD = "anju", "mail-password"


def write_certificate(folder):
    """door.pem and door.key of `localhost`, self-signed."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    since, until = now - timedelta(days=1), now + timedelta(days=2)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, since, until)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "door.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "door.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


class Mailbox:
    """Takes everything but what is for nobody@ (for good) and busy@ (for now)."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 -- aiosmtpd's name
        if address.startswith(("nobody", "busy")):
            return "550 no such user" if address.startswith("nobody") else "450 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.mails.append((tuple(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=policy.default)))
        return "250 queued as 4711"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@pytest.fixture
def mailbox(tmp_path):
    """A server with STARTTLS that wants a login; `keys` are right settings for it."""
    write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "door.pem", tmp_path / "door.key")
    box = Mailbox()
    box.context, port = context, free_port()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
    controller.start()
    box.keys = {
        "kind": "smtp",
        "host": "localhost",
        "port": port,
        "encryption": "starttls",
        "ca": tmp_path / "door.pem",
        "user": USER,
        "password": PASSWORD,
        "sender": "anju@example.org",
        "to": ["supervisor@example.org"],
    }
    yield box
    controller.stop()


async def test_a_mail_is_taken_with_its_chinese_and_a_lasting_id(mailbox):
    receipt = await notifier(mailbox.keys).send(replace(NOTE, title=Words("【重要】\n东门", "")))
    [(to, mail)] = mailbox.mails
    assert to == ("supervisor@example.org",)
    assert mail["Subject"] == "【重要】 东门"
    assert mail["Message-ID"] == "<n-1@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == f"90 秒未接警\n\n{NOTE.link}\n"
    assert "4711" in receipt.reference


async def test_tls_from_the_first_byte(mailbox):
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, ssl_context=mailbox.context)
    controller.start()
    try:
        await notifier(mailbox.keys, port=port, encryption="tls", user=None, password=None).send(NOTE)
    finally:
        controller.stop()
    assert len(mailbox.mails) == 1


async def test_recipients_of_the_chain_go_before_those_of_the_yaml(mailbox):
    await notifier(mailbox.keys).send(replace(NOTE, recipients=("a@example.org", "b@example.org")))
    assert mailbox.mails[0][0] == ("a@example.org", "b@example.org")


async def test_those_that_were_refused_are_in_the_receipt(mailbox):
    receipt = await notifier(mailbox.keys).send(replace(NOTE, recipients=("a@example.org", "nobody@example.org")))
    assert list(receipt.refused) == ["nobody@example.org"]
    assert mailbox.mails[0][0] == ("a@example.org",)


@pytest.mark.parametrize(("who", "error"), [("nobody@example.org", BadInput), ("busy@example.org", LinkLost)])
async def test_all_refused_is_no_delivery(mailbox, who, error):
    for work in (notifier(mailbox.keys, to=[who]).send, notifier(mailbox.keys, to=[who]).probe):
        with pytest.raises(error) as refusal:
            await work(NOTE)
        assert type(refusal.value) is error
    assert mailbox.mails == []


async def test_the_probe_sends_no_mail_and_tells_a_wrong_password(mailbox):
    receipt = await notifier(mailbox.keys).probe(NOTE)
    assert receipt.reference.startswith("250")
    wrong = notifier(mailbox.keys, password="other-password")
    for work in (wrong.probe, wrong.send):
        with pytest.raises(LoginRefused) as refusal:
            await work(NOTE)
        assert "other-password" not in str(refusal.value.why)
    assert mailbox.mails == []


async def test_a_server_that_is_away_or_has_another_certificate_is_lost(mailbox):
    with pytest.raises(LinkLost):
        await notifier(mailbox.keys, port=9).send(NOTE)
    with pytest.raises(LinkLost, match="certificate"):
        await notifier(mailbox.keys, ca=None).send(NOTE)
    assert mailbox.mails == []


@pytest.mark.parametrize("address", ["", "x", "x@", "@example.org", "a b@example.org", "a@b\r\nBcc: c@d"])
def test_what_is_no_address_is_refused(mailbox, address):
    with pytest.raises(ValidationError, match="no e-mail address"):
        notifier(mailbox.keys, to=[address])
