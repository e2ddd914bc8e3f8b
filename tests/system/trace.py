"""Reads what `strace -f -yy -xx` wrote: in which order a process wrote, synced and answered.

A system call that another thread's interrupted stands on two lines: `… <unfinished ...>` where it
was entered and `<... name resumed>` where it returned. What matters here is when a write was entered
(its data may be on its way from then on) and when a sync had returned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PUBACK = 0x40

STRACE = (
    "strace",
    "-D",  # the program stays our child and hears our signals; strace is its grandchild
    "--follow-forks",
    "--decode-fds=all",
    "--strings-in-hex=all",
    "--string-limit=70000",
    "--quiet=attach",
    "--signal=none",
    "--trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg",
)
"""Followed by `--output=FILE` and the program; the trace is whole once it ends with `+++ exited with 0 +++`."""

_ENDED = re.compile(r"\+\+\+ (exited with|killed by) \S+ \+\+\+\n\Z")

_ENTERED = re.compile(r"(?P<pid>\d+)\s+(?P<name>\w+)\((?P<fd>\d+)<(?P<what>.*?)>(?P<rest>[,)\s].*)")
_RESUMED = re.compile(r"(?P<pid>\d+)\s+<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_RESULT = re.compile(r"=\s+(-?\d+)")


@dataclass(slots=True)
class Call:
    """`entered` and `returned` are line numbers; a call that never returned keeps None."""

    name: str
    target: str
    data: bytes
    entered: int
    returned: int | None = None
    result: int | None = None

    @property
    def is_sync(self) -> bool:
        return self.name in {"fdatasync", "fsync"}


def ended(trace: str) -> bool:
    return _ENDED.search(trace) is not None


def read(lines: Iterable[str]) -> list[Call]:
    """Every call of the trace, in the order they were entered."""
    calls: list[Call] = []
    open_calls: dict[tuple[str, str], Call] = {}
    for number, line in enumerate(lines):
        if entered := _ENTERED.match(line):
            call = Call(entered["name"], _plain(entered["what"]), _data(entered["rest"]), number)
            calls.append(call)
            if "<unfinished ...>" in entered["rest"]:
                open_calls[entered["pid"], call.name] = call
            else:
                _return(call, entered["rest"], number)
        elif (resumed := _RESUMED.match(line)) and (
            unfinished := open_calls.pop((resumed["pid"], resumed["name"]), None)
        ):
            _return(unfinished, resumed["rest"], number)
    return calls


def _plain(target: str) -> str:
    """Paths are in hex as strings are, sockets are not."""
    return _unhex(target).decode() if target.startswith("\\x") else target


def _data(text: str) -> bytes:
    return b"".join(map(_unhex, _STRING.findall(text)))


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _return(call: Call, rest: str, number: int) -> None:
    if result := _RESULT.search(rest[rest.rfind(")") :]):
        call.returned = number
        call.result = int(result[1])


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A PUBACK: on which line the call that carried its last byte was entered."""

    packet_id: int
    line: int


def acknowledgements(calls: Iterable[Call], peer: str) -> Iterator[Acknowledged]:
    """The PUBACKs written to the socket whose far end is `peer` (`127.0.0.1:40112`), in order."""
    stream = bytearray()
    for call in calls:
        if call.is_sync or not call.target.endswith(f"->{peer}]") or not (call.result or 0) > 0:
            continue
        stream += call.data[: call.result]
        while packet := _take_packet(stream):
            if packet[0] & 0xF0 == PUBACK:
                yield Acknowledged(int.from_bytes(packet[-2:], "big"), call.entered)


def _take_packet(stream: bytearray) -> bytes | None:
    """One MQTT packet off the front (no longer than 127 bytes: what a gateway answers), or None."""
    if len(stream) < 2 or len(stream) < 2 + stream[1]:
        return None
    packet = bytes(stream[: 2 + stream[1]])
    del stream[: len(packet)]
    return packet


def synced_after_insert(calls: Iterable[Call], file_end: str, content: bytes) -> int | None:
    """The line on which the first sync returned that was entered after `content` had been written.

    `file_end` is how the path of the file ends. None when it was never written, or never synced.
    """
    written: int | None = None
    for call in calls:
        if not call.target.endswith(file_end):
            continue
        if written is None and not call.is_sync and content in call.data:
            written = call.returned
        elif written is not None and call.is_sync and call.entered > written and call.result == 0:
            return call.returned
    return None
