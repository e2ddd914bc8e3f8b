"""Personal data at rest: AES-256-GCM, and HMAC-SHA256 for what must be recognised, not read.

The master key is in `keys/data.key` (0600) beside the database, or given by systemd as the credential
`anju-data-key`. It is made when there is none and nothing is sealed yet. Each purpose has a key of its own (HKDF).

A vault without the right key opens all the same, and says so in `trouble`: the gateway must run. It seals nothing then,
for what another key had sealed would be lost with that key's return.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import Told
from gateway.model import Words
from gateway.store.sealed import Sealed

_NONCE = 12
_TAG = 16
_CREDENTIAL = "anju-data-key"
_ANOTHER = Words(
    "数据是用另一把密钥加密的：请放回备份中的 keys 文件夹",
    "data was written with another key: put back the keys folder of its backup",
)


class VaultError(Told):
    """The key is missing, can't be read, or is not the one this data was written with. Said in both languages."""


class Vault:
    """`sealed`: what there is in the database; None where it can't be asked, and no key may be made."""

    def __init__(self, folder: Path, sealed: Sealed | None = None) -> None:
        self.path = key_file(folder)
        self.trouble: Words | None = None
        self._master = b""
        self._cipher: AESGCM | None = None
        try:
            self._master = _read_or_make(self.path, sealed)
            self._cipher = AESGCM(self._key("at rest"))
            self._check(sealed.samples if sealed else ())
        except VaultError as error:
            self.trouble = Words.of(error.why)

    def encrypt(self, plain: bytes) -> bytes:
        """Raises VaultError."""
        cipher = self._sealing()
        nonce = secrets.token_bytes(_NONCE)
        return nonce + cipher.encrypt(nonce, plain, None)

    def decrypt(self, sealed: bytes) -> bytes:
        """Raises VaultError."""
        if self._cipher is None:
            raise VaultError(self.trouble or _ANOTHER)
        if len(sealed) < _NONCE + _TAG:
            raise VaultError(_ANOTHER)
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except InvalidTag as error:
            raise VaultError(_ANOTHER) from error

    def mac(self, purpose: str, data: bytes) -> bytes:
        """32 bytes that only this gateway can make for this purpose and data. Raises VaultError."""
        self._sealing()
        return hmac.digest(self._key(purpose), data, hashlib.sha256)

    def _sealing(self) -> AESGCM:
        if self.trouble is not None or self._cipher is None:
            raise VaultError(self.trouble or _ANOTHER)
        return self._cipher

    def _check(self, samples: Collection[bytes]) -> None:
        """Raises VaultError where the key opens nothing of what is sealed."""
        for sample in samples:
            try:
                self.decrypt(sample)
            except VaultError:
                continue
            return
        if samples:
            zh = f"{self.path} 不是加密本网关数据的那把密钥：请放回备份中的 keys 文件夹，再重启网关"
            en = f"{self.path} is not the key that this data was written with: put back the keys folder of the backup,"
            raise VaultError(Words(f"{zh}；{_OR_ANEW.zh}", f"{en} then start again; {_OR_ANEW.en}"))

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, None, f"anju {purpose}".encode()).derive(self._master)


_OR_ANEW = Words(
    "密钥确已遗失时，运行 anju keys new：会清除无法解密的数据（电话、门牌码、人脸），重新开始",
    "if the key is lost for good, `anju keys new` forgets what it sealed (phones, door plates, faces) and begins anew",
)


def key_file(folder: Path) -> Path:
    """Where the master key is, or is to be."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    given = Path(credentials, _CREDENTIAL) if credentials else None
    return given if given and given.exists() else folder / "keys" / "data.key"


def _read_or_make(path: Path, sealed: Sealed | None) -> bytes:
    try:
        if not path.exists() and not path.is_symlink():
            _may_be_made(path, sealed)
            make_key(path)
        text = path.read_text("ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        whose = f"chown -R anju: {path.parent}"
        zh = f"密钥 {path} 不可用（{error.strerror or error}）：请检查磁盘、属主和权限（{whose}）"
        en = f"the key {path} can't be used ({error.strerror or error}): look at the disk, and whose it is"
        raise VaultError(Words(zh, f"{en} ({whose})")) from error
    except ValueError:
        key = b""
    if len(key) != 32:
        zh = f"密钥 {path} 已损坏，应为 64 位十六进制数字：请从备份放回"
        en = f"{path} must hold 64 hexadecimal digits: put it back from the backup"
        raise VaultError(Words(f"{zh}；{_OR_ANEW.zh}", f"{en}; {_OR_ANEW.en}"))
    return key


def _may_be_made(path: Path, sealed: Sealed | None) -> None:
    if sealed is None:
        raise VaultError(
            Words(
                f"没有密钥 {path}，数据库又无法读取，不能新建密钥：请放回备份中的 keys 文件夹",
                f"there is no key {path}, and the database can't be asked what was sealed with it: none is made;"
                " put back the keys folder of the backup",
            )
        )
    if sealed:
        said = sealed.words
        raise VaultError(
            Words(
                f"密钥 {path} 不见了，而数据库中有用它加密的数据（{said.zh}）：不会新建密钥，请放回备份中的 keys"
                f" 文件夹，再重启网关；{_OR_ANEW.zh}",
                f"the key {path} is gone, and the database holds what it sealed ({said.en}): no new one is made; put"
                f" back the keys folder of the backup, then start again; {_OR_ANEW.en}",
            )
        )


def make_key(path: Path) -> None:
    """Where another process was first, its key stands. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was first: its key stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()
