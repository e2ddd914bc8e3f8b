"""Nearly right input: valid frames, spoiled, cut, spliced, repeated, with noise between. By chance, from a seed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from random import Random

from tests.fuzz.subject import Subject

MOODS = (0.3, 0.9, 0.99)
"""Shares of frames as they should be: where one bad frame ends a connection, a long one needs many good ones."""
MOOD_LASTS = 60
OF_WHOLE = (0.2,)
"""The share where no piece has to do with those before it."""
MOST_PIECE = 64 << 10
"""Bytes of one piece: no more than a datagram has."""
LONGEST_CHUNK = 4096
SILENCE = 0.01
"""How often a line falls silent between two chunks."""
_NUMBER = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
_BYTES = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, 0x0A, 0x0D, 0x20, 0x22, 0x5C)
_NUMBERS = (
    b"0",
    b"-1",
    b"255",
    b"65536",
    b"4294967296",
    b"1e999",
    b"-1e999",
    b"NaN",
    b"9" * 25,
    b"9" * 400,
    b"1" * 5000,
)
_NESTED = (b"[", b"{", b"(", b"<a>", b'{"a":', b"\\", b'"', b"\xf0\x9f", b"%", b"&#", b" ")


class Mutator:
    def __init__(self, subject: Subject, chance: Random) -> None:
        self._chance = chance
        self._frames = list(subject.frames())
        self._turn = itertools.cycle(self._frames) if subject.in_order else None
        self._words = [*subject.words, *_NUMBERS[:-2]]
        self._seal = subject.seal
        self._last = b""
        self._moods = OF_WHOLE if subject.whole and not subject.in_order else MOODS
        self._good, self._left = 0.0, 0
        self._kinds: dict[Callable[[], bytes], float] = {
            self._spoiled: 5, self._resealed: 4 if subject.seal else 0, self._cut: 1, self._noise: 1, self._spelled: 1,
        }  # fmt: skip

    def pieces(self) -> Iterator[bytes]:
        """Without end; no piece is empty."""
        while True:
            if self._left == 0:
                self._good, self._left = self._chance.choice(self._moods), MOOD_LASTS
            self._left -= 1
            if piece := self._piece()[:MOST_PIECE]:
                yield piece

    def chunks(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same as a stream, in chunks of any size; empty where the line falls silent."""
        rest = bytearray()
        while True:
            size = int(LONGEST_CHUNK ** self._chance.random())
            while len(rest) < size:
                rest += next(pieces)
            yield bytes(rest[:size])
            del rest[:size]
            if self._chance.random() < SILENCE:
                yield b""

    def _piece(self) -> bytes:
        roll = self._chance.random()
        if roll < self._good:
            self._last = self._sealed(self._frame())
            return self._last
        if roll > 0.98:
            return self._last * int(30 ** self._chance.random() ** 2)
        (kind,) = self._chance.choices(list(self._kinds), list(self._kinds.values()))
        return kind()

    def _frame(self) -> bytes:
        return next(self._turn) if self._turn else self._chance.choice(self._frames)

    def _sealed(self, body: bytes) -> bytes:
        """What can't be sealed (a body too long for its length field) goes as it is."""
        try:
            return self._seal(body) if self._seal else body
        except (ValueError, OverflowError, IndexError):
            return body

    def _spoiled(self) -> bytes:
        return self._changed(self._sealed(self._frame()))

    def _resealed(self) -> bytes:
        """What is in it is wrong, and its length and checksum are right."""
        return self._sealed(self._changed(self._frame()))

    def _cut(self) -> bytes:
        """The front of one and the rear of another."""
        one, other = self._sealed(self._frame()), self._sealed(self._frame())
        return one[: self._chance.randrange(len(one) + 1)] + other[self._chance.randrange(len(other) + 1) :]

    def _noise(self) -> bytes:
        return self._chance.randbytes(int(600 ** self._chance.random()))

    def _spelled(self) -> bytes:
        """Words of its language in any order."""
        return b"".join(self._chance.choices(self._words, k=self._chance.randrange(1, 30)))

    def _changed(self, frame: bytes) -> bytes:
        data = bytearray(frame)
        while True:
            self._change(data)
            if self._chance.random() < 0.5:
                return bytes(data)

    def _change(self, data: bytearray) -> None:
        chance = self._chance
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + int(64 ** chance.random()))
        match chance.randrange(9):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(data):
                data[at] = chance.choice(_BYTES)
            case 2:
                del data[at:end]
            case 3:
                data[at:at] = chance.randbytes(end - at)
            case 4:
                data[at:at] = data[at:end] * int(200 ** chance.random() ** 3)
            case 5:
                word = chance.choice(self._words)
                data[at : at + chance.choice((0, len(word)))] = word
            case 6:
                other = self._frame()
                start = chance.randrange(len(other) + 1)
                data[at:end] = other[start : start + end - at]
            case 7 if found := list(_NUMBER.finditer(data)):
                number = chance.choice(found)
                data[number.start() : number.end()] = chance.choice(_NUMBERS)
            case 8:
                data[at:at] = chance.choice(_NESTED) * int(20_000 ** chance.random() ** 3)
