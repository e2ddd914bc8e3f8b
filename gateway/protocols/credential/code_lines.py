"""QR codes as readers print them: the code's text, one a line. Bytes in, texts out."""

from __future__ import annotations

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.credential.card_lines import LineSplitter

MAX_CODE_BYTES = 512
"""Bytes of a pass's code at most."""
_UNFIT = Words("不是可打印的 ASCII 文本", "no printable ASCII text")
_NO_PREFIX = Words("没有设定的开头 `prefix`", "without the `prefix` that is set")


class CodeLineDecoder:
    """Lines that end with CR, LF or both. `prefix` is what the reader prints in front of each; it is taken off."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._lines = LineSplitter(framed=False, max_bytes=MAX_CODE_BYTES)

    def feed(self, data: bytes) -> list[str | BadInput]:
        """Add received bytes and return the codes and unreadable lines they complete, in order."""
        return [self._read(line) for line in self._lines.feed(data)]

    def reset(self) -> list[str | BadInput]:
        """The line fell silent: return an incomplete line as unreadable."""
        return [self._read(line) for line in self._lines.reset()]

    def _read(self, line: bytes | BadInput) -> str | BadInput:
        if isinstance(line, BadInput):
            return line
        text = line.decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            return BadInput(_UNFIT, line)
        if not text.startswith(self._prefix) or text == self._prefix:
            return BadInput(_NO_PREFIX, line)
        return text.removeprefix(self._prefix)
