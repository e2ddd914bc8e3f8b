"""Hides credentials in text before it is logged, stored or shown, and finds malformed addresses.

Standard library only. Text is not assumed to be a well-formed URL: installers write passwords with `/`, `#`, `@` and
spaces, and cameras put them into paths and queries. When it is unclear whether something belongs to the credentials, it
is hidden too: a lost host name costs less than a password in a log.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
_MAX_CHARS = 2048
"""Characters of one address that are searched for its `@`: bounds the time for hostile text."""

_USER_INFO = re.compile(
    # scheme://anything@ up to the last @ before a space: the password may hold / ? # : and @; or with the : left out,
    # the : or the @ of a Chinese keyboard, or all of it percent-encoded
    rf"(?<=[^/]//)\S{{0,{_MAX_CHARS}}}[@＠]"
    rf"|(?<=%2F%2F)[^\s/]{{0,{_MAX_CHARS}}}(?:%40|@)|(?<=%2f%2f)[^\s/]{{0,{_MAX_CHARS}}}(?:%40|@)"
    # scheme://user:two words@host: no port follows the colon, so it is a password that contains a space
    rf"|(?<=://)[^\s:@/?#\[\]]+:(?!\d{{1,5}}(?![^\s/?#'\"),;]))(?:(?!://)[^@\n]){{1,{_MAX_CHARS}}}@"
    # user:password@host without a scheme
    rf"|(?<![\w./:@-])[\w.%+-]{{1,64}}:(?!//)[^\s@]{{1,{_MAX_CHARS}}}@(?=[\w\[])",
)
_ARGUMENT = re.compile(
    # name=value in a query, or in a path as in XMEye: /user=admin_password=secret_channel=1_stream=0.sdp
    r"(?i)(?<![A-Za-z0-9])((?:user|usr|user_?name|login|login_?(?:use|user|pas|pass)|pw|pin|key|sig|sign|signature|"
    r"(?:[a-z]{1,12}[_-]?){0,2}(?:pass|psw|pwd|token|api_?key|secret|auth|credential)[a-z]{0,12}|(?<=[?&])[up])=)"
    r"(?:(?!_[A-Za-z]+=)[^&\s'\"])+"
)
_XMEYE = re.compile(rf"(?i)((?:^|[_/?&])password=)[^\n]{{1,{_MAX_CHARS}}}?(?=_(?:channel|stream)=)")
"""In such a path the password may contain anything, up to the next name."""
_QUOTED = re.compile(
    r"(?i)((['\"])[a-z_-]{0,20}(?:password|passwd|pwd|passphrase|secret|token|api_?key)\2\s*:\s*(['\"]))(?:(?!\3)[^\n])+"
)
"""A quoted name and value, in JSON or in the repr of a dictionary."""
_HEADER = re.compile(
    r"(?i)((?:(?:proxy-)?authorization|x-api-key|x-auth-token|cookie)['\"]?\s*[:=]\s*['\"]?"
    r"(?:(?:basic|bearer|digest|token)\s+)?)(?:=\\?\"[^\"\n]*\"|[^'\"\n])+"
)


def masked(text: str) -> str:
    """`text` with the credentials of every address and authorization header in it replaced by `***`.

    Names as well as passwords: a user's name is half of what a sign-in needs. Masking twice changes nothing.
    """
    if "=" in text:
        text = _XMEYE.sub(rf"\1{HIDDEN}", text)
        text = _ARGUMENT.sub(rf"\1{HIDDEN}", text)  # before _USER_INFO: a password here may contain an '@'
    if "@" in text or "＠" in text or "%40" in text:
        text = _USER_INFO.sub(f"{HIDDEN}@", text)
    return _HEADER.sub(rf"\1{HIDDEN}", _QUOTED.sub(rf"\1{HIDDEN}", text))


def masked_values(value: Any) -> Any:
    """`value` with every string masked, also in mappings, lists and tuples. Other types are unchanged."""
    match value:
        case str():
            return masked(value)
        case Mapping():
            return {name: masked_values(each) for name, each in value.items()}
        case list() | tuple():
            return [masked_values(each) for each in value]
    return value


_PLAIN_SIGNS = str.maketrans("：／＠＝", ":/@=")


def holds_password(address: str) -> bool:
    """Whether this address contains a password. A user name alone does not count."""
    address = address.translate(_PLAIN_SIGNS)
    if "://" not in address:
        return False
    shown = masked(address)
    user_info = address.rpartition("@")[0].partition("://")[2]
    return ":" in user_info or _ARGUMENT.search(shown.replace(HIDDEN, "")) is not None or f"={HIDDEN}" in shown


_ODD = re.compile("[\u00a0\u1680\u2000-\u206f\u3000-\u3002\ufeff\uff01-\uff0f\uff1a-\uff5e]")
"""Unusual spaces, curly quotes and dashes, and the full-width signs of a Chinese keyboard."""
_AUTHORITY_END = re.compile(r"[/?#]")
_ARGUMENT_BEFORE_AT = re.compile(r"[?&/_;][A-Za-z_]+=[^?&/;]*$")


def misspelt(address: str) -> str | None:
    """What is wrong in `scheme://user:password@host/path`, `; ` and the fix, without quoting any of it; or None.

    A raw `/`, `?` or `#` in a password ends the host part early: the rest of the password becomes a path, its beginning
    a port. An `@` in an argument of the path (`password=p@ss`) is no mistake.
    """
    if odd := _ODD.search(address):
        return (
            f"holds U+{ord(odd[0]):04X} ({unicodedata.name(odd[0], 'no name').lower()}); type it anew in plain letters"
        )
    rest = address.partition("://")[2]
    if re.search(r"\s", rest.strip()):
        return "holds a space; write %20 for it"
    end = _AUTHORITY_END.search(rest)
    if end is None:
        return None
    tail = rest[end.start() :]
    before_at = tail.rpartition("@")[0]
    if "@" in tail and not _ARGUMENT_BEFORE_AT.search(before_at):
        how = "%2F for /, %3F for ?, %23 for #, %40 for @"
        return f"has an '@' behind a raw {end[0]!r}; in a name, a password or a path write {how}"
    if "#" in tail:
        return "has a raw '#' in it; write %23 for it"
    return None
