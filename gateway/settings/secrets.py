"""`!secret NAME`: looked up in systemd credentials, then in secrets.yaml (mode 0600)."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, ValidationInfo

from gateway.settings.context import Context
from gateway.settings.mend import Wrong, closest


class SecretText(str):
    """A string that came from `!secret`; never shown in a mistake."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Secrets:
    """`file`: secrets.yaml, where a missing secret is to be added; `values`: its content."""

    file: Path
    values: Mapping[str, str]

    def find(self, name: str) -> SecretText:
        """The secret with that name; raises Wrong if there is none."""
        if not name:
            raise Wrong("!secret has no name", "write '!secret NAME', the name it has in secrets.yaml")
        credential = _credential(name)
        if credential is not None:
            return SecretText(credential)
        if name in self.values:
            return SecretText(self.values[name])
        meant = closest(name, self.values)
        mend = f"did you mean {meant!r}?" if meant else f"add '{name}: …' to {self.file} (chmod 600)"
        raise Wrong(f"secret {name!r} is not found", mend)


def _credential(name: str) -> str | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")  # set by systemd for LoadCredential=
    if not folder or "/" in name or name.startswith("."):  # the name comes from the YAML: no path out of the folder
        return None
    try:
        return (Path(folder) / name).read_text("utf-8").rstrip("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise Wrong(f"the credential {name!r} can't be read ({why})", "give systemd one line of text for it") from None


def check_mode(file: Path, shown: Path) -> None:
    """Raise Wrong if others than the owner may read the secrets."""
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise Wrong(f"others may read the secrets (mode {mode:04o})", f"run: chmod 600 {shown}")


def _check_secret(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str) and not isinstance(value, SecretText) and isinstance(info.context, Context):
        if not info.context.plain_secrets:
            raise Wrong(
                "a password is in plain text",
                "move it to secrets.yaml and write '!secret NAME' (only a compound with 'demo: true' may keep it here)",
            )
        info.context.plain.append(value)
    if isinstance(value, bool | int | float):
        raise Wrong("this is a number or true/false, not text", "put it in quotes")  # does not show the value
    return value


Secret = Annotated[SecretStr, BeforeValidator(_check_secret)]
"""A password or token: `!secret NAME` in the YAML."""
