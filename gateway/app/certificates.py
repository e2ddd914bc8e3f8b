"""TLS certificates of the servers, loaded again when their files change: no restart after a renewal."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import structlog

from gateway.config.compound import CompoundSettings, Tls, certificates_of
from gateway.errors import ConfigError, Mistake

log = structlog.get_logger(__name__)
CHECK_INTERVAL_S = 60.0


class Certificate:
    """A TLS 1.2+ server context with its key pair. Raises ConfigError or OSError for a pair that can't be used."""

    def __init__(self, tls: Tls) -> None:
        self.context = _context()
        self._tls = tls
        self._loaded: object = None
        self._error = ""
        self.load(tls)

    def differs(self, tls: Tls) -> bool:
        """Whether these files hold another pair than the loaded one."""
        return _stamp(tls) != self._loaded

    def load(self, tls: Tls) -> None:
        """Use this pair for new connections, and watch its files from now on."""
        stamp = _stamp(tls)
        _load(_context(), tls)  # try it on another context first: a half-written pair would break the working one
        _load(self.context, tls)
        self._tls, self._loaded = tls, stamp

    def reload_if_changed(self) -> None:
        """Load the pair again if its files have changed. A failure is logged once, and the old pair stays."""
        file, message = str(self._tls.certificate), ""
        try:
            if self.differs(self._tls):
                self.load(self._tls)
                log.info("renewed certificate loaded", file=file)
        except (ConfigError, OSError) as error:
            message = str(error)
            if message != self._error:
                log.error("a new certificate can't be used; the old one stays", file=file, why=message)
        self._error = message


class Certificates:
    """The certificates of the servers that were started with one, by their keys in compound.yaml."""

    def __init__(self, compound: CompoundSettings) -> None:
        self._certificates = {key: Certificate(tls) for key, tls in certificates_of(compound).items()}

    def context(self, key: str) -> ssl.SSLContext | None:
        """The TLS context for that key; None for a server without a certificate."""
        return self._certificates[key].context if key in self._certificates else None

    def renewed(self, compound: CompoundSettings) -> tuple[str, ...]:
        """Keys whose files hold another pair than the loaded one."""
        return tuple(key for key, tls in self._in_use(compound).items() if self._certificates[key].differs(tls))

    def load(self, compound: CompoundSettings) -> None:
        """Load all pairs. Raises ConfigError or OSError, and then keeps all the old ones."""
        for tls in self._in_use(compound).values():  # try all before changing any
            _load(_context(), tls)
        for key, tls in self._in_use(compound).items():
            self._certificates[key].load(tls)

    async def watch(self) -> None:
        """Load renewed certificates, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            for certificate in self._certificates.values():
                certificate.reload_if_changed()

    def _in_use(self, compound: CompoundSettings) -> dict[str, Tls]:
        return {key: tls for key, tls in certificates_of(compound).items() if key in self._certificates}


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)  # "client auth" is a server's side
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except ssl.SSLError as error:
        what = f"with {tls.key} it is no certificate and its key ({error.reason or error})"
        raise ConfigError(
            [Mistake(tls.certificate, 1, what, "give both as PEM, the chain after the certificate")]
        ) from None


def _stamp(tls: Tls) -> object:
    """A value that changes with the files. Symbolic links are followed: ACME clients renew by changing them."""
    return [_of_file(tls.certificate), _of_file(tls.key)]


def _of_file(file: Path) -> tuple[str, int, int]:
    stat = file.stat()
    return str(file), stat.st_mtime_ns, stat.st_ino
