"""What serial readers print: one card a line, or between STX and ETX. Bytes in, cards out.

| name              | on the line            | who prints it                                                        |
|-------------------|------------------------|----------------------------------------------------------------------|
| decimal           | `0007233920` CR LF     | S4A's Wiegand converter (manual, 3.2), most desk readers             |
| hex               | `006E6180` CR LF       | rf IDEAS and desk readers in their hexadecimal mode                  |
| facility_number   | `110,24960` CR LF      | readers that print what stands on the card: facility, number         |
| wiegand26_hex     | `6E6180` CR            | Priority 1 Design's WIE232: 8 bits facility, 16 bits number          |
| wiegand_bits      | `101101…` CR LF        | converters that pass the bits on, parities with them                 |
| stx_hex           | STX `01006E61808E` ETX | ID-12 (ID-Innovations), RDM6300: version, 4 bytes, the XOR of the 5  |

A line ends with CR, LF or both; blanks around it are passed over. `pattern` says what a line looks like where
none of these does, as a regular expression that must match all of it, with groups named `number` (decimal),
`facility` (decimal), `hex` (`check`: the XOR of its bytes) or `bits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import xor

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.credential import wiegand
from gateway.protocols.credential.credential import Credential
from gateway.settings.patterns import compiled

MAX_LINE_BYTES = 128
"""Bytes of a line; what has no end by then is no card."""
GROUPS = frozenset(("number", "facility", "hex", "bits", "check"))
PATTERNS = {
    "decimal": r"(?P<number>\d{1,20})",
    "hex": r"(?P<hex>[0-9A-Fa-f]{2,32})",
    "facility_number": r"(?P<facility>\d{1,5})\s*[,;:/ ]\s*(?P<number>\d{1,10})",
    "wiegand26_hex": r"(?P<hex>[0-9A-Fa-f]{6})",
    "wiegand_bits": r"(?P<bits>[01]{16,128})",
    "stx_hex": r"(?P<hex>[0-9A-Fa-f]{10})(?P<check>[0-9A-Fa-f]{2})",
}
_LINE_ENDS = b"\r\n"
_STX, _ETX = 0x02, 0x03


class LineSplitter:
    """Cuts a stream into what stands between line ends, or between STX and ETX. Holds one line at most."""

    def __init__(self, *, framed: bool) -> None:
        self._framed = framed
        self._line = bytearray()
        self._inside = not framed
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[bytes | BadInput]:
        """The lines that `data` completes; empty ones are none."""
        for byte in data:
            if self._framed and byte == _STX:
                yield from self._cut(whole=False)
                self._inside = True
            elif byte == _ETX if self._framed else byte in _LINE_ENDS:
                yield from self._cut(whole=True)
                self._inside = not self._framed
            elif self._inside:
                self._take(byte)

    def reset(self) -> Iterator[bytes | BadInput]:
        """The line fell silent: what began is not going on."""
        yield from self._cut(whole=False)
        self._inside = not self._framed

    def _take(self, byte: int) -> None:
        if len(self._line) < MAX_LINE_BYTES:
            self._line.append(byte)
        else:
            self._overlong = True

    def _cut(self, *, whole: bool) -> Iterator[bytes | BadInput]:
        line, overlong = bytes(self._line).strip(), self._overlong
        self._line.clear()
        self._overlong = False
        if overlong:
            yield BadInput(
                Words(f"{MAX_LINE_BYTES} 字节内没有行尾", f"{MAX_LINE_BYTES} bytes and no end of the line"), line
            )
        elif line and whole:
            yield line
        elif line:
            yield BadInput(Words("一行中断", "a line broke off"), line)


class CardLineDecoder:
    """Lines of one sort, read as cards. `bits` of a line are read by the Wiegand format `layout`."""

    def __init__(self, name: str, pattern: str | None, layout: str = "auto") -> None:
        self._name = name
        self._unlike = Words(f"一行不符合 {name} 的格式", f"a line that does not look like {name}")
        self._pattern = compiled(PATTERNS[name] if pattern is None else pattern)
        self._layout = layout
        self._lines = LineSplitter(framed=name == "stx_hex" and pattern is None)
        self._of_hex = _OF_HEX.get(name, _code) if pattern is None else _code

    def feed(self, data: bytes) -> list[Credential | BadInput]:
        """The cards that `data` completes, and what could not be read, in order."""
        return [self._read(line) for line in self._lines.feed(data)]

    def reset(self) -> list[Credential | BadInput]:
        """The line fell silent."""
        return [self._read(line) for line in self._lines.reset()]

    def _read(self, line: bytes | BadInput) -> Credential | BadInput:
        if isinstance(line, BadInput):
            return line
        found = self._pattern.fullmatch(line.decode("latin-1"))
        if found is None:
            return BadInput(self._unlike, line)
        try:
            return self._card(found.groupdict())
        except BadInput as error:
            return BadInput(error.why, line)
        except ValueError:  # a pattern of the installer's own may find what is no number
            return BadInput(self._unlike, line)

    def _card(self, groups: dict[str, str | None]) -> Credential:
        number, facility, code, bits = (groups.get(name) for name in ("number", "facility", "hex", "bits"))
        if bits:
            return wiegand.decode(int(bits, 2), len(bits), self._layout)
        if number:
            return Credential(self._name, number=int(number), facility=int(facility) if facility else None)
        if not code:
            raise BadInput(self._unlike, b"")
        if (check := groups.get("check")) and reduce(xor, bytes.fromhex(code)) != int(check, 16):
            raise BadInput(Words("校验位不对", "the check digits are wrong"), b"")
        return self._of_hex(code, self._name)


def _code(code: str, name: str) -> Credential:
    return Credential(name, code=code.lower())


def _serial(code: str, name: str) -> Credential:
    """The first byte is the version of the tag; the number printed on it is the other four in decimal."""
    return Credential(name, number=int.from_bytes(bytes.fromhex(code)[1:]))


def _wiegand26(code: str, _: str) -> Credential:
    facility, *number = bytes.fromhex(code)
    return Credential("H10301", number=int.from_bytes(number), facility=facility, bits=26)


_OF_HEX: Mapping[str, Callable[[str, str], Credential]] = {"wiegand26_hex": _wiegand26, "stx_hex": _serial}
