"""Certificates as they are on disk now: one that was renewed is shown to whoever connects next."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import structlog

from gateway.config.compound import CompoundSettings, Tls, certificates_of
from gateway.errors import ConfigError, Mistake

log = structlog.get_logger(__name__)
LOOK_S = 60.0


class Certificate:
    """A server's side of TLS 1.2 and later. Raises ConfigError or OSError for a pair that can't be used."""

    def __init__(self, tls: Tls) -> None:
        self.context = _context()
        self._tls = tls
        self._shown: object = None
        self._trouble = ""
        self.show(tls)

    def differs(self, tls: Tls) -> bool:
        """Whether these files hold another pair than the one that is shown."""
        return _stamp(tls) != self._shown

    def show(self, tls: Tls) -> None:
        """Whoever connects from now on is shown this pair, and what these files hold later."""
        stamp = _stamp(tls)
        _load(_context(), tls)  # a pair that is half written must not spoil the one that works
        _load(self.context, tls)
        self._tls, self._shown = tls, stamp

    def look(self) -> None:
        """Show the pair that lies in the files now; what is wrong with it is told once."""
        file, trouble = str(self._tls.certificate), ""
        try:
            if self.differs(self._tls):
                self.show(self._tls)
                log.info("a renewed certificate is shown from now on", file=file)
        except (ConfigError, OSError) as error:
            trouble = str(error)
            if trouble != self._trouble:
                log.error("a new certificate can't be used; the old one stays", file=file, why=trouble)
        self._trouble = trouble


class Certificates:
    """Those of the doors that were opened with one, by their keys in compound.yaml."""

    def __init__(self, compound: CompoundSettings) -> None:
        self._shown = {key: Certificate(tls) for key, tls in certificates_of(compound).items()}

    def context(self, key: str) -> ssl.SSLContext | None:
        """Of the door with that key; None where it was opened without a certificate."""
        return self._shown[key].context if key in self._shown else None

    def renewed(self, compound: CompoundSettings) -> tuple[str, ...]:
        """Keys whose files hold another pair than the one that is shown."""
        return tuple(key for key, tls in self._to_show(compound).items() if self._shown[key].differs(tls))

    def show(self, compound: CompoundSettings) -> None:
        """Show them from now on. Raises ConfigError or OSError, and shows the old ones then."""
        for tls in self._to_show(compound).values():
            _load(_context(), tls)
        for key, tls in self._to_show(compound).items():
            self._shown[key].show(tls)

    async def keep(self) -> None:
        """Look now and then whether one was renewed; runs for good."""
        while True:
            await asyncio.sleep(LOOK_S)
            for certificate in self._shown.values():
                certificate.look()

    def _to_show(self, compound: CompoundSettings) -> dict[str, Tls]:
        return {key: tls for key, tls in certificates_of(compound).items() if key in self._shown}


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except ssl.SSLError as error:
        what = f"with {tls.key} it is no certificate and its key ({error.reason or error})"
        raise ConfigError(
            [Mistake(tls.certificate, 1, what, "put both there as PEM, the chain behind the certificate")]
        ) from None


def _stamp(tls: Tls) -> object:
    """Changes with the files; links are followed, for they are what is exchanged when one is renewed."""
    return [_of_file(tls.certificate), _of_file(tls.key)]


def _of_file(file: Path) -> tuple[str, int, int]:
    stat = file.stat()
    return str(file), stat.st_mtime_ns, stat.st_ino
