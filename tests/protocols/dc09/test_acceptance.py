"""Which answer is due: ACK, NAK, DUH, and what is accepted, by the standard and against others' frames."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.dc09.acceptance import AcceptedMessage, RejectedMessage, accept_or_reject
from gateway.protocols.dc09.cipher import decrypt, encrypt, parse_key
from gateway.protocols.dc09.events import parse_events
from gateway.protocols.dc09.frame import wrap
from gateway.protocols.dc09.message import read_header, write_time
from gateway.protocols.dc09.sequence import SequenceTracker

NOW = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
KEYS = {"1111": b"A" * 16, "1234": None, "24AB": b"B" * 24, "AAAB": b"A" * 16, "3456": None, "12345A": None}
key_lengths = pytest.mark.parametrize("length", [16, 24, 32])


def sealed(account: str, clear: bytes, key: bytes, token: bytes = b"SIA-DCS") -> bytes:
    return b'"*%s"0007L0#%s[%s' % (token, account.encode(), encrypt(clear, key))


def at(moment: datetime) -> bytes:
    return b"|#1111|Nri1/BA003]" + write_time(moment)


def test_the_standards_example_is_accepted_and_acknowledged() -> None:
    accepted = accept_or_reject(b'"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]', KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert (accepted.message.account, accepted.message.data) == ("12345A", "NFA129")
    assert accepted.ack(NOW) == wrap(b'"ACK"9876R579BDFL789ABC#12345A[]')


@pytest.mark.parametrize(
    ("body", "sent", "data"),
    [
        # padded with zeros and a bar, and without a bar: senders that are not ours
        (
            b'"*SIA-DCS"7654L0#1111[C07DA1EB73C617857476EE5D79436CEE5E0084485E79EC56B0D5D1F3F6E648B278050BBCCBC8FE5DCA7E3C80DBDD4945',
            datetime(2020, 7, 9, 16, 4, 2, tzinfo=UTC),
            "Nri1/WA000",
        ),
        (
            b'"*NULL"0000R0L0#AAAB[B4BC8B40D0E6D959D6BEA78E88CC0B2155741A3C44FBB96D476A3E557CAD64D9',
            datetime(2020, 7, 5, 18, 24, 52, tzinfo=UTC),
            "",
        ),
    ],
)
def test_encrypted_frames_of_other_senders(body: bytes, sent: datetime, data: str) -> None:
    accepted = accept_or_reject(body, KEYS, sent + timedelta(seconds=3))
    assert isinstance(accepted, AcceptedMessage)
    assert (accepted.message.sent_at, accepted.message.data) == (sent, data)


@key_lengths
def test_encryption_agrees_with_another_library(length: int) -> None:
    key = bytes(range(length))
    other = AES.new(key, AES.MODE_CBC, bytes(16)).decrypt(bytes.fromhex(encrypt(b"|#1111|1130 01 015]", key).decode()))
    assert other.endswith(b"|#1111|1130 01 015]")
    assert not set(b"[]|") & set(other[: -len(b"|#1111|1130 01 015]")])
    assert decrypt(AES.new(key, AES.MODE_CBC, bytes(16)).encrypt(b"0" * 32).hex().encode(), key) == b"0" * 32


def test_an_encrypted_acknowledgement() -> None:
    accepted = accept_or_reject(sealed("1111", at(NOW), b"A" * 16), KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    header = read_header(accepted.ack(NOW)[9:-1])
    assert header
    assert (header.token, header.encrypted, header.sequence, header.account) == ("ACK", True, "0007", "1111")
    clear = decrypt(header.content, b"A" * 16)
    assert clear
    assert re.fullmatch(rb"[0-9A-Za-z]{1,16}\|\]_08:00:00,11-22-2026", clear)


@pytest.mark.parametrize(
    ("seconds", "accepted"), [(0, True), (-40, True), (-41, False), (20, True), (21, False), (28800, False)]
)
def test_the_time_window_of_encrypted_messages(seconds: int, *, accepted: bool) -> None:
    verdict = accept_or_reject(sealed("1111", at(NOW + timedelta(seconds=seconds)), b"A" * 16), KEYS, NOW)
    assert isinstance(verdict, AcceptedMessage) is accepted
    if isinstance(verdict, RejectedMessage):
        assert verdict.reply == wrap(b'"NAK"0000R0L0A0[]_08:00:00,11-22-2026')
        assert (verdict.account, verdict.skew) == ("1111", timedelta(seconds=seconds))


def test_clear_messages_have_no_time_window() -> None:
    assert isinstance(
        accept_or_reject(b'"SIA-DCS"0001L0#1234[#1234|NFA1]_14:12:04,09-25-2011', KEYS, NOW), AcceptedMessage
    )
    assert isinstance(accept_or_reject(b'"SIA-DCS"0001L0#1234[#1234|NFA1]', KEYS, NOW), AcceptedMessage)


@pytest.mark.parametrize(
    ("body", "why", "account", "answer"),
    [
        (b'"ADM-CID"0005R1L0#9999[#9999|1130 01 015]', "account 9999 is not in the YAML", None, b"0005R1L0#9999"),
        (b'"ADM-CID"0005L0#1111[#1111|1130 01 015]', "it is not encrypted, and its account has a key", "1111", None),
        (sealed("1234", at(NOW), b"A" * 16), "it is encrypted, and its account has no key", "1234", b"0007L0#1234"),
        (sealed("1111", at(NOW), b"B" * 16), "it can't be decrypted with the key of its account", "1111", None),
        (sealed("24AB", at(NOW), b"B" * 24), "it can't be decrypted with the key of its account", "24AB", None),
        (b'"*SIA-DCS"0007L0#1111[0011', "it can't be decrypted with the key of its account", "1111", None),
        (b'"*SIA-DCS"0007L0#1111[hello', "it can't be decrypted with the key of its account", "1111", None),
        (b'"ADM-CID"0005L0#1234[#3456|1130 01 015]', "it names two accounts, 1234 and 3456", None, None),
        (b'"ADM-CID"0005L0[|1130 01 015]', "account (none) is not in the YAML", None, b"0005L0"),
        (b'"ADM-CID"0005L0#1234[#1234|1130 01 015', "its data does not end", "1234", None),
        (b"hello", "its header can't be read", None, b"0000R0L0A0"),
    ],
)
def test_rejected_messages(body: bytes, why: str, account: str | None, answer: bytes | None) -> None:
    rejected = accept_or_reject(body, KEYS, NOW)
    assert isinstance(rejected, RejectedMessage)
    assert (str(rejected.why), rejected.account) == (why, account)
    assert rejected.reply[9:14] == b'"DUH"'
    assert answer is None or rejected.reply == wrap(b'"DUH"%s[]' % answer)


ZEROS = b"#0000|0000 00 000]"


@pytest.mark.parametrize(
    ("body", "account", "data", "answer"),
    [
        (
            b'"SIA-DCS"0001L#7303658550[#7303658550|NBA4]_11:52:09,05-07-2019',
            "7303658550",
            "NBA4",
            b'"ACK"0001L#7303658550[]',
        ),
        (b'"SIA-DCS"0001R#1234[#1234|NBA4]', "1234", "NBA4", b'"ACK"0001R#1234[]'),
        (b'"SIA-DCS"0001RL#1234[#1234|NBA4]', "1234", "NBA4", b'"ACK"0001RL#1234[]'),
        (b'"SIA-DCS"0001#1234[#1234|NBA4]', "1234", "NBA4", b'"ACK"0001#1234[]'),
        (b'"sia-dcs"0001r0l0#1234[#1234|NBA4]', "1234", "NBA4", b'"ACK"0001r0l0#1234[]'),
        (b'"SIA-DCS" 0001 R0 L0 #1234 [#1234|NBA4]', "1234", "NBA4", b'"ACK"0001R0L0#1234[]'),
        (b'"SIA-DCS"0001L0#[#1234|NBA4]', "1234", "NBA4", b'"ACK"0001L0[]'),
        (b'"SIA-DCS"0001L0#1234[#0000|NBA4]', "1234", "NBA4", b'"ACK"0001L0#1234[]'),
        (b'"SIA-DCS"0001L0#1234[|NBA4]', "1234", "NBA4", b'"ACK"0001L0#1234[]'),
        (b'"SIA-DCS"0001L0#1234[NBA4]', "1234", "NBA4", b'"ACK"0001L0#1234[]'),
        (b'"NULL"0000R0L0#1234[%s' % ZEROS, "1234", "0000 00 000", b'"ACK"0000R0L0#1234[]'),
        (b'"NULL"0000#1234[#00000000|]', "1234", "", b'"ACK"0000#1234[]'),
        (b'"NULL"0000R0L0#0000[#1234|]', "1234", "", b'"ACK"0000R0L0#0000[]'),
        (b'"SIA-DCS"0001L0#001234[#1234|NBA4]', "1234", "NBA4", b'"ACK"0001L0#001234[]'),
        (b'"SIA-DCS"0001L0#1234[#00001234|NBA4]', "1234", "NBA4", b'"ACK"0001L0#1234[]'),
        (b'"SIA-DCS"0001L0#1234[#1234|NBA4^Hall [1]^][X1]_1', "1234", "NBA4^Hall [1]^", b'"ACK"0001L0#1234[]'),
        (b'"SIA-DCS"0001L0#1234[#1234|NBA4|AHall [1] left]', "1234", "NBA4|AHall [1] left", b'"ACK"0001L0#1234[]'),
    ],
)
def test_variants_of_the_header_are_accepted_and_repeated_in_the_reply(
    body: bytes, account: str, data: str, answer: bytes
) -> None:
    accepted = accept_or_reject(body, {**KEYS, "7303658550": None}, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert (accepted.message.account, accepted.message.data) == (account, data)
    assert accepted.ack(NOW) == wrap(answer)


@pytest.mark.parametrize("clear", [b"|" + ZEROS, ZEROS, b"|#0000|]", b"|]"])
def test_an_encrypted_link_test_without_an_account(clear: bytes) -> None:
    accepted = accept_or_reject(sealed("1111", clear + write_time(NOW), b"A" * 16, b"NULL"), KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert accepted.message.account == "1111"
    assert accepted.ack(NOW)[9:].startswith(b'"*ACK"0007L0#1111[')
    late = accept_or_reject(
        sealed("1111", clear + write_time(NOW - timedelta(minutes=5)), b"A" * 16, b"NULL"), KEYS, NOW
    )
    assert isinstance(late, RejectedMessage)
    wrong = accept_or_reject(sealed("1111", clear + write_time(NOW), b"B" * 16, b"NULL"), KEYS, NOW)
    assert isinstance(wrong, RejectedMessage)
    assert isinstance(accept_or_reject(b'"NULL"0000L0#1111[%s' % ZEROS, KEYS, NOW), RejectedMessage), "it has a key"


@pytest.mark.parametrize(
    "stamp",
    [
        "_08:00:00,11-22-2026",
        "_8:00:00,11-22-2026",
        "_08:00:00, 11-22-2026",
        "_08:00:00,11/22/2026",
        "_08:00:00.000,11-22-2026",
        "_08:00:00,11-22-26",
        "_08:00:00,2026-11-22",
        "_08:00:00,11-22-2026 ",
    ],
)
def test_time_formats_of_panels(stamp: str) -> None:
    accepted = accept_or_reject(b'"SIA-DCS"0001L0#1234[#1234|NBA4]' + stamp.encode(), KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert accepted.message.sent_at == NOW
    assert isinstance(
        accept_or_reject(sealed("1111", b"|#1111|NBA4]" + stamp.encode(), b"A" * 16), KEYS, NOW), AcceptedMessage
    )


@pytest.mark.parametrize("stamp", ["", "_", "_hello", "_25:00:00,11-22-2026", "_08:00:00,13-41-2026", "_08:00:00"])
def test_an_invalid_time_rejects_only_encrypted_messages(stamp: str) -> None:
    accepted = accept_or_reject(b'"SIA-DCS"0001L0#1234[#1234|NBA4]' + stamp.encode(), KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert accepted.message.sent_at is None
    assert isinstance(
        accept_or_reject(sealed("1111", b"|#1111|NBA4]" + stamp.encode(), b"A" * 16), KEYS, NOW), RejectedMessage
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("客厅", "gbk"),
        ("客厅", "gb18030"),
        ("客厅", "utf-8"),
        ("玥玥卧室", "gbk"),
        ("镕基家", "gbk"),
        ("1号楼·厨房（北）", "gbk"),
        ("Küche", "cp1252"),
        ("Café für alle", "cp1252"),
        ("hall", "ascii"),
    ],
)
@pytest.mark.parametrize("key", [None, b"A" * 16])
def test_text_encodings(text: str, encoding: str, key: bytes | None) -> None:
    said = f"Nri1/BA01^{text}^".encode(encoding)
    if key is None:
        body = b'"SIA-DCS"0001L0#1234[#1234|%s][L%s]' % (said, text.encode(encoding))
    else:
        body = sealed("1111", b"|#1111|%s][L%s]%s" % (said, text.encode(encoding), write_time(NOW)), key)
    accepted = accept_or_reject(body, KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert accepted.message.extended == {"L": text}
    (event,) = parse_events(accepted.message)
    assert (event.kind, event.zone, event.data["detector"]) == ("zone.alarm", 1, text)


def test_an_account_only_in_the_data() -> None:
    accepted = accept_or_reject(b'"SIA-DCS"4738R0001L0001[#1234|Nri04/OP001NM]', KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert accepted.message.account == "1234"


def test_leading_zeros_make_another_account() -> None:
    """Unless the other place names ours."""
    rejected = accept_or_reject(b'"SIA-DCS"0001L0#001234[#001234|NBA4]', KEYS, NOW)
    assert isinstance(rejected, RejectedMessage)
    assert rejected.account is None


def test_extended_data() -> None:
    body = b'"SIA-DCS"0004L0#1234[#1234|Nri1/PA501][X006E07.77][H07:59:30,11-22-2026][L' + "东门".encode() + b"]"
    accepted = accept_or_reject(body, KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert accepted.message.extended == {"X": "006E07.77", "H": "07:59:30,11-22-2026", "L": "东门"}
    assert accepted.message.occurred_at == datetime(2026, 11, 22, 7, 59, 30, tzinfo=UTC)


def test_a_reply_repeats_the_account_as_it_was_sent() -> None:
    accepted = accept_or_reject(b'"SIA-DCS"0004L0#12345a[#12345a|NFA1]', KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert accepted.message.account == "12345A"
    assert accepted.ack(NOW) == wrap(b'"ACK"0004L0#12345a[]')
    accepted = accept_or_reject(sealed("aaab", b"|#aaab|Nri1/BA003]" + write_time(NOW), b"A" * 16), KEYS, NOW)
    assert isinstance(accepted, AcceptedMessage)
    assert (accepted.message.account, accepted.message.data) == ("AAAB", "Nri1/BA003")
    assert accepted.ack(NOW)[9:].startswith(b'"*ACK"0007L0#aaab[')


@given(st.binary(max_size=300))
def test_any_input_is_handled(junk: bytes) -> None:
    accept_or_reject(junk, KEYS, NOW)
    accept_or_reject(b'"ADM-CID"0005L0#1234[' + junk, KEYS, NOW)
    accept_or_reject(b'"*ADM-CID"0005L0#1111[' + junk, KEYS, NOW)
    accept_or_reject(b'"*ADM-CID"0005L0#1111[' + encrypt(junk, b"A" * 16), KEYS, NOW)


def test_key_formats() -> None:
    assert parse_key("00112233445566778899aabbccddeeff") == bytes.fromhex("00112233445566778899aabbccddeeff")
    assert parse_key("00112233445566778899aabbccddeeff", as_text=True) == b"00112233445566778899aabbccddeeff"
    assert parse_key("3BCDEF0123456789") == b"3BCDEF0123456789"
    for wrong in ("", "short", "0" * 31, "密" * 16):
        with pytest.raises(ValueError, match="is no AES key") as caught:
            parse_key(wrong)
        assert not wrong or wrong not in str(caught.value)
    with pytest.raises(ValueError, match="is no AES key"):
        parse_key("3BCDEF0123456789", as_text=False)


def test_new_and_repeated_messages() -> None:
    sequences = SequenceTracker()

    def is_new(number: int, data: str, token: str = "SIA-DCS") -> bool:
        accepted = accept_or_reject(b'"%s"%04dL0#1234[#1234|%s]' % (token.encode(), number, data.encode()), KEYS, NOW)
        assert isinstance(accepted, AcceptedMessage)
        return sequences.is_new(accepted.message)

    assert not is_new(9998, "NBA1")  # nothing is known yet: the journal decides
    assert is_new(9999, "NBR1")
    assert is_new(1, "NBA1")
    assert not is_new(1, "NBA1")  # sent again
    assert is_new(1, "NBR1")  # a panel that always sends the same number
    assert not is_new(9998, "NBA1")  # a datagram that comes late
    assert is_new(500, "NBA1")
    assert is_new(1, "NBA1")  # it has begun again
    assert not is_new(0, "", "NULL")  # polls stand outside the count
    assert not is_new(1, "NBA1")  # sent again, a poll later
    assert is_new(2, "NBA1")
