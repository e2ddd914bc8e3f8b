"""Encrypts personal data at rest: AES-256-GCM, and HMAC-SHA256 for values that must be recognised but not read.

The master key is in `keys/data.key` (0600) beside the database, or given by systemd as the credential
`anju-data-key`. It is created when it is missing and nothing is encrypted yet. Each purpose has its own key (HKDF).

A vault without the right key opens all the same, with the reason in `fault`: the gateway must run. It encrypts nothing
then, because those values would become unreadable when the right key is put back.
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

from gateway.errors import DeviceError
from gateway.model import Words
from gateway.store.sealed import SealedData

_NONCE = 12
"""Bytes, as NIST SP 800-38D recommends for GCM."""
_TAG = 16
_CREDENTIAL = "anju-data-key"
_ANOTHER = Words(
    "数据是用另一把密钥加密的：请放回备份中的 keys 文件夹",
    "the data was encrypted with another key: put back the keys folder of its backup",
)


class VaultError(DeviceError):
    """The key is missing, unreadable or not the one that encrypted this data; the text is in both languages."""


class Vault:
    """`sealed`: the encrypted values in the database; None when it can't be read, and then no key is created."""

    def __init__(self, folder: Path, sealed: SealedData | None = None) -> None:
        self.path = key_file(folder)
        self.fault: Words | None = None
        self._master = b""
        self._cipher: AESGCM | None = None
        self._mac_keys: dict[str, bytes] = {}
        # Keep the cipher even if the samples don't fit: single values may still be readable with it.
        try:
            self._master = _read_or_create(self.path, sealed)
            self._cipher = AESGCM(self._key("at rest"))
            self._check(sealed.samples if sealed else ())
        except VaultError as error:
            self.fault = Words.of(error.why)

    def encrypt(self, plain: bytes) -> bytes:
        """Nonce, ciphertext and tag. Raises VaultError without a usable key."""
        cipher = self._usable_cipher()
        nonce = secrets.token_bytes(_NONCE)  # random: far below 2**32 values are ever encrypted with one key
        return nonce + cipher.encrypt(nonce, plain, None)

    def decrypt(self, sealed: bytes) -> bytes:
        """The plain bytes of what `encrypt` returned. Raises VaultError when this key did not encrypt it."""
        if self._cipher is None:
            raise VaultError(self.fault or _ANOTHER)
        if len(sealed) < _NONCE + _TAG:
            raise VaultError(_ANOTHER)
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except InvalidTag as error:
            raise VaultError(_ANOTHER) from error

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 (32 bytes) with the purpose's key. Raises VaultError without a usable key."""
        self._usable_cipher()
        key = self._mac_keys.get(purpose)
        if key is None:
            key = self._mac_keys[purpose] = self._key(purpose)
        return hmac.digest(key, data, hashlib.sha256)

    def _usable_cipher(self) -> AESGCM:
        if self.fault is not None or self._cipher is None:
            raise VaultError(self.fault or _ANOTHER)
        return self._cipher

    def _check(self, samples: Collection[bytes]) -> None:
        """Raise VaultError if the key decrypts none of the samples. One is enough: single rows may be damaged."""
        for sample in samples:
            try:
                self.decrypt(sample)
            except VaultError:
                continue
            return
        if samples:
            zh = f"{self.path} 不是加密本网关数据的那把密钥：请放回备份中的 keys 文件夹，再重启网关"
            en = f"{self.path} is not the key that encrypted this data: put back the keys folder of the backup,"
            raise VaultError(Words(f"{zh}；{_OR_NEW_KEY.zh}", f"{en} then restart; {_OR_NEW_KEY.en}"))

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, None, f"anju {purpose}".encode()).derive(self._master)


_OR_NEW_KEY = Words(
    "密钥确已遗失时，运行 anju keys new：会清除无法解密的数据（电话、门牌码、人脸），重新开始",
    "if the key is lost for good, `anju keys new` deletes what it encrypted (phones, door plates, faces) and makes"
    " another",
)


def key_file(folder: Path) -> Path:
    """Where the master key is or will be created."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    given = Path(credentials, _CREDENTIAL) if credentials else None
    return given if given and given.exists() else folder / "keys" / "data.key"


def _read_or_create(path: Path, sealed: SealedData | None) -> bytes:
    try:
        if not path.exists() and not path.is_symlink():  # a dangling link may lead to an unmounted disk
            _check_may_create(path, sealed)
            make_key(path)
        text = path.read_text("ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        command = f"chown -R anju: {path.parent}"
        zh = f"密钥 {path} 不可用（{error.strerror or error}）：请检查磁盘、属主和权限（{command}）"
        en = f"the key {path} can't be used ({error.strerror or error}): check the disk and the owner"
        raise VaultError(Words(zh, f"{en} ({command})")) from error
    except ValueError:
        key = b""
    if len(key) != 32:
        zh = f"密钥 {path} 已损坏，应为 64 位十六进制数字：请从备份放回"
        en = f"{path} must hold 64 hexadecimal digits: put it back from the backup"
        raise VaultError(Words(f"{zh}；{_OR_NEW_KEY.zh}", f"{en}; {_OR_NEW_KEY.en}"))
    return key


def _check_may_create(path: Path, sealed: SealedData | None) -> None:
    if sealed is None:
        raise VaultError(
            Words(
                f"没有密钥 {path}，数据库又无法读取，不能新建密钥：请放回备份中的 keys 文件夹",
                f"there is no key {path}, and the database can't be read to see what it encrypted: no key is created;"
                " put back the keys folder of the backup",
            )
        )
    if sealed:
        values = sealed.words
        raise VaultError(
            Words(
                f"密钥 {path} 不见了，而数据库中有用它加密的数据（{values.zh}）：不会新建密钥，请放回备份中的 keys"
                f" 文件夹，再重启网关；{_OR_NEW_KEY.zh}",
                f"the key {path} is gone, and the database holds data that it encrypted ({values.en}): no new one is"
                f" created; put back the keys folder of the backup, then restart; {_OR_NEW_KEY.en}",
            )
        )


def make_key(path: Path) -> None:
    """Create a new master key, unless another process has created one meanwhile. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike a rename, fails if another process was first: its key is kept
    except FileExistsError:
        pass
    finally:
        draft.unlink()
