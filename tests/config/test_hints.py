"""What may be right and is more often a mistake: `anju check` shows it, and nothing is refused for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.cli.check import command
from gateway.config.certificate_validity import Validity

NOW = datetime.now(UTC)


def write_certificate(folder: Path, since: datetime, until: datetime) -> Path:
    """door.pem and door.key, self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate.example")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, since, until).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "door.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "door.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "door.pem"


def hints(folder) -> list[str]:
    return [f"{hint.file.name}:{hint.line}: {hint.what}, {hint.mend}" for hint in folder.load().hints]


@pytest.mark.parametrize(
    ("door", "line"),
    [
        ("http:\n  tls: {certificate: door.pem, key: door.key}", 4),
        ("mqtt:\n  endpoint:\n    tls: {listen: '127.0.0.1:8883', certificate: door.pem, key: door.key}", 5),
    ],
)
def test_a_certificate_that_has_expired_is_told_and_the_gateway_starts(folder, door, line):
    write_certificate(folder.path, NOW - timedelta(days=90), NOW - timedelta(days=1))
    folder.compound(f"name: x\nplaces: {{gate/east: 东}}\n{door}")
    (hint,) = hints(folder)
    assert hint.startswith(f"compound.yaml:{line}: door.pem: the certificate expired on ")
    done = CliRunner().invoke(command, [str(folder.path)])
    assert done.exit_code == 0
    assert "hint: door.pem: the certificate expired on " in done.output


@pytest.mark.parametrize(
    ("since", "until", "en", "zh"),
    [
        (-90, -1, "expired on", "过期"),
        (-60, 29.5, "expires in 29 days, on", "还有 29 天到期"),
        (2, 90, "is not valid before", "才生效"),
    ],
)
def test_what_is_said_of_a_certificate(tmp_path, since, until, en, zh):
    file = write_certificate(tmp_path, NOW + timedelta(days=since), NOW + timedelta(days=until))
    trouble = Validity.of(file).fault(NOW)
    assert trouble is not None
    assert en in trouble.en
    assert zh in trouble.zh


def test_a_certificate_that_is_good_for_long_needs_no_word(tmp_path):
    assert Validity.of(write_certificate(tmp_path, NOW, NOW + timedelta(days=90))).fault(NOW) is None


def test_a_wildcard_as_the_base_of_one_device(folder):
    folder.compound("name: x\nplaces: {gate/east: 东}\nmqtt: {broker: {host: h}}")
    folder.devices(
        "- {id: d, kind: mqtt_mapped, name: 门磁, place: gate/east, format: zigbee2mqtt, base: zigbee2mqtt/+}"
    )
    (hint,) = hints(folder)
    assert hint.startswith("devices.yaml:2: base 'zigbee2mqtt/+' has a wildcard")


@pytest.mark.parametrize(
    ("number", "table", "said"),
    [(10001, "discrete", "write 0 with table: discrete"), (40012, "discrete", "write 11 with table: holding")],
)
def test_a_number_as_modbus_manuals_print_it(folder, number, table, said):
    row = f"{{id: i, name: i, number: {number}, table: {table}, means: zone.alarm}}"
    folder.devices(
        "- {id: line, kind: modbus_io, name: 线, place: gate/east, port: /dev/ttyUSB0,"
        f" units: [{{id: u, name: u, address: 1, inputs: [{row}]}}]}}"
    )
    (hint,) = hints(folder)
    assert f"number {number} of unit 1" in hint
    assert said in hint
