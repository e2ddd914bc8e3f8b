"""Cards as serial readers print them: one a line, or one between STX and ETX. Bytes in, cards out.

| name              | on the line            | who prints it                                                        |
|-------------------|------------------------|----------------------------------------------------------------------|
| decimal           | `0007233920` CR LF     | S4A's Wiegand converter (manual, 3.2), most desk readers             |
| hex               | `006E6180` CR LF       | rf IDEAS and desk readers in their hexadecimal mode                  |
| facility_number   | `110,24960` CR LF      | readers that print what stands on the card: facility, number         |
| wiegand26_hex     | `6E6180` CR            | Priority 1 Design's WIE232: 8 bits facility, 16 bits number          |
| wiegand_bits      | `101101…` CR LF        | converters that pass the bits on, parities with them                 |
| stx_hex           | STX `01006E61808E` ETX | ID-12 (ID-Innovations), RDM6300: version, 4 bytes, the XOR of the 5  |

A line ends with CR, LF or both; blanks around it are ignored. For other formats, `pattern` is a regular expression that
must match a complete line, with groups named `number` (decimal), `facility` (decimal), `hex` (`check`: the XOR of its
bytes) or `bits`.
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
"""Bytes of a line; a longer one is no card."""
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
    """Splits a stream at line ends, or with `framed` at STX and ETX. Buffers one line of at most `max_bytes`."""

    def __init__(self, *, framed: bool, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._framed = framed
        self._max_bytes = max_bytes
        self._line = bytearray()
        self._inside = not framed
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[bytes | BadInput]:
        """Add received bytes and return the lines they complete, without empty ones."""
        for byte in data:
            if self._framed and byte == _STX:  # begins anew, even where an ETX was lost
                yield from self._end_line(complete=False)
                self._inside = True
            elif byte == _ETX if self._framed else byte in _LINE_ENDS:
                yield from self._end_line(complete=True)
                self._inside = not self._framed
            elif self._inside:  # readers send CR, LF or noise between ETX and STX
                self._take(byte)

    def reset(self) -> Iterator[bytes | BadInput]:
        """The line fell silent: return what the buffer holds as unreadable."""
        yield from self._end_line(complete=False)
        self._inside = not self._framed

    def _take(self, byte: int) -> None:
        if len(self._line) < self._max_bytes:
            self._line.append(byte)
        else:
            self._overlong = True

    def _end_line(self, *, complete: bool) -> Iterator[bytes | BadInput]:
        line, overlong = bytes(self._line).strip(), self._overlong
        self._line.clear()
        self._overlong = False
        if overlong:
            most = self._max_bytes
            yield BadInput(Words(f"{most} 字节内没有行尾", f"{most} bytes and no end of the line"), line)
        elif line and complete:
            yield line
        elif line:
            yield BadInput(Words("一行中断", "a line broke off"), line)


class CardLineDecoder:
    """Decodes lines of one format, by its name or a pattern. Bits in a line are read by the Wiegand format `layout`."""

    def __init__(self, name: str, pattern: str | None, layout: str = "auto") -> None:
        self._name = name
        self._no_match = Words(f"一行不符合 {name} 的格式", f"a line that does not look like {name}")
        self._pattern = compiled(PATTERNS[name] if pattern is None else pattern)
        self._layout = layout
        self._lines = LineSplitter(framed=name == "stx_hex" and pattern is None)
        self._decode_hex = _HEX_DECODERS.get(name, _unknown_layout) if pattern is None else _unknown_layout

    def feed(self, data: bytes) -> list[Credential | BadInput]:
        """Add received bytes and return the cards and unreadable lines they complete, in order."""
        return [self._read(line) for line in self._lines.feed(data)]

    def reset(self) -> list[Credential | BadInput]:
        """The line fell silent: return an incomplete line as unreadable."""
        return [self._read(line) for line in self._lines.reset()]

    def _read(self, line: bytes | BadInput) -> Credential | BadInput:
        if isinstance(line, BadInput):
            return line
        found = self._pattern.fullmatch(line.decode("latin-1"))
        if found is None:
            return BadInput(self._no_match, line)
        try:
            return self._card(found.groupdict())
        except BadInput as error:
            return BadInput(error.why, line)  # with the whole line, as that is what the quarantine masks
        except ValueError:  # an installer's pattern may match what is no number
            return BadInput(self._no_match, line)

    def _card(self, groups: dict[str, str | None]) -> Credential:
        number, facility, code, bits = (groups.get(name) for name in ("number", "facility", "hex", "bits"))
        if bits:
            return wiegand.decode(int(bits, 2), len(bits), self._layout)
        if number:
            return Credential(self._name, number=int(number), facility=int(facility) if facility else None)
        if not code:
            raise BadInput(self._no_match, b"")
        if (check := groups.get("check")) and reduce(xor, bytes.fromhex(code)) != int(check, 16):
            raise BadInput(Words("校验位不对", "the check digits are wrong"), b"")
        return self._decode_hex(code, self._name)


def _unknown_layout(code: str, name: str) -> Credential:
    return Credential(name, code=code.lower())


def _em4100(code: str, name: str) -> Credential:
    """The first byte is the tag's version; the other four, in decimal, are the number printed on it."""
    return Credential(name, number=int.from_bytes(bytes.fromhex(code)[1:]))


def _wiegand26(code: str, _: str) -> Credential:
    facility, *number = bytes.fromhex(code)
    return Credential("H10301", number=int.from_bytes(number), facility=facility, bits=26)


_HEX_DECODERS: Mapping[str, Callable[[str, str], Credential]] = {"wiegand26_hex": _wiegand26, "stx_hex": _em4100}
