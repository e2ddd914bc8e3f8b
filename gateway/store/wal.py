"""Checks and repairs a WAL before SQLite opens it: SQLite silently ignores everything from the first bad frame on.

The format is at https://www.sqlite.org/fileformat2.html#walformat: a header of 32 bytes, then frames of 24 bytes and a
page. Every checksum covers all before it, so one wrong byte makes SQLite drop all frames behind it.
`rewrite_checksums` makes SQLite read on: the damaged page comes back as it is, or in the newer copy of a later frame.
Check the database afterwards.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.store.first_page import PAGE

_HEADER, _FRAME_HEADER = 32, 24
"""Bytes of the file's header and of each frame's."""
_FRAME = _FRAME_HEADER + PAGE
_MASK = 0xFFFFFFFF
_LOOK_AHEAD = 4
"""Frames that may have other salts (damage) before the rest is taken for frames of an earlier checkpoint cycle."""
_MAGIC = {b"\x37\x7f\x06\x82": "<", b"\x37\x7f\x06\x83": ">"}


@dataclass(frozen=True, slots=True)
class WalScan:
    """What `scan` found in a WAL."""

    frames: int
    """Frames of the current cycle: those with the header's salts."""
    bad: int
    """Frames whose checksum does not follow from the frame before; a bad header counts as one."""
    commits_behind: int
    """Valid commits behind the first bad frame."""
    pages: int
    """Pages of the database after the last commit."""

    @property
    def damaged(self) -> bool:
        """Whether commits would be lost. A torn end, as a power cut leaves it, is no damage: it was never synced."""
        return self.bad > 0 and self.commits_behind > 0


def scan(path: Path) -> WalScan:
    """Verify all checksums. Takes about 25 ms a megabyte. Raises OSError."""
    wal, bad = _with_header(path.read_bytes())
    if len(wal) < _HEADER:
        return WalScan(0, 0, 0, 0)
    order, running = _byte_order(wal), struct.unpack(">II", wal[24:32])
    frames = behind = pages = 0
    for at, header in _frames(wal):
        frames += 1
        running = _frame_checksum(order, wal, at, running)
        stored = struct.unpack(">II", header[16:24])
        database_pages = int.from_bytes(header[4:8], "big")  # 0 in all frames but the last of a commit
        if running != stored:
            bad += 1
        elif database_pages:
            pages = database_pages
            behind += bad > 0
        running = stored  # continue from the stored checksum, so that one bad frame is counted once
    return WalScan(frames, bad, behind, pages)


def rewrite_checksums(path: Path, to: Path) -> None:
    """Write a copy of the WAL whose checksums are right. Raises OSError."""
    to.write_bytes(_rechecksummed(_with_header(path.read_bytes())[0]))


def replace_first_page(path: Path, page: bytes, pages: int) -> None:
    """Replace the first page in every frame that holds it; the database has at least `pages` pages. Raises OSError."""
    wal = bytearray(_with_header(path.read_bytes())[0])
    for at, header in list(_frames(bytes(wal))):
        if committed := int.from_bytes(header[4:8], "big"):
            wal[at + 4 : at + 8] = max(committed, pages).to_bytes(4, "big")
        if int.from_bytes(header[:4], "big") == 1:
            wal[at + _FRAME_HEADER : at + _FRAME] = page
    path.write_bytes(_rechecksummed(bytes(wal)))


def _rechecksummed(wal: bytes) -> bytearray:
    if len(wal) < _HEADER:
        return bytearray(wal)
    order, running = _byte_order(wal), struct.unpack(">II", wal[24:32])
    repaired = bytearray(wal)
    for at, header in list(_frames(wal)):
        # The page number is unusable: repeat the frame before, which changes nothing, and mark it as no commit.
        if header[8:16] != wal[16:24] or header[:4] == bytes(4):
            if at == _HEADER:
                continue
            repaired[at : at + _FRAME] = repaired[at - _FRAME : at]
            repaired[at + 4 : at + 8] = bytes(4)
        running = _frame_checksum(order, bytes(repaired[at : at + _FRAME]), 0, running)
        repaired[at + 16 : at + 24] = struct.pack(">II", *running)
    return repaired


def _with_header(wal: bytes) -> tuple[bytes, int]:
    """The WAL with a valid header, and 1 if that had to be rebuilt from the frames' salts, else 0."""
    is_ours = wal[:4] in _MAGIC and int.from_bytes(wal[8:12], "big") == PAGE
    if len(wal) < _HEADER:
        return wal, 0
    if is_ours and _checksum(_byte_order(wal), wal[:24], (0, 0)) == struct.unpack(">II", wal[24:32]):
        return wal, 0
    salts = Counter(wal[at + 8 : at + 16] for at in range(_HEADER, len(wal) - _FRAME + 1, _FRAME))
    if not salts:
        return wal[:0], 1
    header = struct.pack(">4sIII", b"\x37\x7f\x06\x82", 3007000, PAGE, 0) + salts.most_common(1)[0][0]
    return header + struct.pack(">II", *_checksum("<", header, (0, 0))) + wal[_HEADER:], 1


def _byte_order(wal: bytes) -> str:
    return _MAGIC.get(wal[:4], "<")


def _frames(wal: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and header of each frame of the current cycle."""
    salts, at = wal[16:24], _HEADER
    while at + _FRAME <= len(wal):
        if all(wal[x + 8 : x + 16] != salts for x in range(at, min(at + _LOOK_AHEAD * _FRAME, len(wal)), _FRAME)):
            return
        yield at, wal[at : at + _FRAME_HEADER]
        at += _FRAME


def _frame_checksum(order: str, wal: bytes, at: int, running: tuple[int, ...]) -> tuple[int, int]:
    # Over the first 8 bytes of the header and the page; the salts and the checksum itself are left out.
    return _checksum(order, wal[at + _FRAME_HEADER : at + _FRAME], _checksum(order, wal[at : at + 8], running))


def _checksum(order: str, data: bytes, start: tuple[int, ...]) -> tuple[int, int]:
    a, b = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for x, y in zip(words[::2], words[1::2], strict=True):
        a = (a + x + b) & _MASK
        b = (b + y + a) & _MASK
    return a, b
