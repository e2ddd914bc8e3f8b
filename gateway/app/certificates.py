"""Certificates as they are on disk now: one that was renewed is shown to whoever connects next."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import structlog

from gateway.settings.compound import CompoundSettings, Tls

log = structlog.get_logger(__name__)
LOOK_S = 60.0


class Certificate:
    """A server's side of TLS 1.2 and later. Raises ssl.SSLError or OSError for a pair that does not fit."""

    def __init__(self, tls: Tls) -> None:
        self.context = _context()
        self._tls = tls
        self._seen: object = None
        self._trouble = ""
        self.renew()

    def follow(self, tls: Tls | None) -> None:
        """From now on it is in these files; None leaves it what it is."""
        self._tls = tls or self._tls

    def renew(self) -> bool:
        """Whether the files hold another pair than before, which is shown from now on."""
        seen = _stamp(self._tls.certificate), _stamp(self._tls.key)
        if seen == self._seen:
            return False
        load(_context(), self._tls)  # a pair that is half written must not spoil the one that works
        load(self.context, self._tls)
        self._seen = seen
        return True

    def look(self) -> None:
        """Renew it if that can be done; what is wrong with it is told once."""
        file = str(self._tls.certificate)
        try:
            if self.renew():
                log.info("a renewed certificate is shown from now on", file=file)
            self._trouble = ""
        except (ssl.SSLError, OSError) as error:
            if str(error) != self._trouble:
                log.error("a new certificate can't be used; the old one stays", file=file, why=str(error))
            self._trouble = str(error)


class Certificates:
    """Those of the doors that were opened with one."""

    def __init__(self, compound: CompoundSettings) -> None:
        self.http, self.mqtt = (Certificate(tls) if tls else None for tls in _of(compound))

    def follow(self, compound: CompoundSettings) -> None:
        """Take them from where this says. Raises ssl.SSLError or OSError, and shows the old ones then."""
        for tls in _of(compound):
            if tls is not None:
                load(_context(), tls)
        for certificate, tls in zip((self.http, self.mqtt), _of(compound), strict=True):
            if certificate is not None:
                certificate.follow(tls)
                certificate.renew()

    async def keep(self) -> None:
        """Look whether one was renewed; runs for good."""
        while True:
            await asyncio.sleep(LOOK_S)
            for certificate in (self.http, self.mqtt):
                if certificate is not None:
                    await asyncio.to_thread(certificate.look)


def load(context: ssl.SSLContext, tls: Tls) -> None:
    """Whoever connects from now on is shown this pair."""
    context.load_cert_chain(tls.certificate, tls.key)


def _of(compound: CompoundSettings) -> tuple[Tls | None, Tls | None]:
    endpoint = compound.mqtt.endpoint
    return compound.http.tls, endpoint.tls if endpoint else None


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _stamp(file: Path) -> tuple[int, int]:
    """Changes with the file; a link is followed, for that is what is exchanged when one is renewed."""
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_ino
