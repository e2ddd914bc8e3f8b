"""The reader of traces: a proof is worth what its reader would have caught."""

from __future__ import annotations

from tests.system.trace import acknowledgements, read, synced_after_insert

PEER = "127.0.0.1:40112"
SOCKET = f"15<TCP:[127.0.0.1:1883->{PEER}]>"


def hexed(data: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in data)


WAL = f"9<{hexed(b'/data/anju.db-wal')}>"

INSERT = f'71 pwrite64({WAL}, "{hexed(b"....own-1....")}", 4096, 32) = 13'
SYNC = f"71 fdatasync({WAL}) = 0"
ACK = f'70 sendto({SOCKET}, "{hexed(bytes([0x40, 2, 0, 7]))}", 4, 0, NULL, 0) = 4'


def told(lines: list[str]) -> tuple[int | None, list[tuple[int, int]]]:
    calls = read(lines)
    acknowledged = [(ack.packet_id, ack.line) for ack in acknowledgements(calls, PEER)]
    return synced_after_insert(calls, "/anju.db-wal", b"own-1"), acknowledged


def test_insert_sync_and_acknowledgement_are_found_in_their_order() -> None:
    assert told([INSERT, SYNC, ACK]) == (1, [(7, 2)])


def test_an_acknowledgement_before_the_sync_has_the_smaller_line() -> None:
    assert told([INSERT, ACK, SYNC]) == (2, [(7, 1)])


def test_a_sync_before_the_insert_does_not_count() -> None:
    assert told([SYNC, INSERT, ACK]) == (None, [(7, 2)])


def test_a_sync_entered_before_the_insert_had_returned_does_not_count() -> None:
    lines = [
        f'71 pwrite64({WAL}, "{hexed(b"own-1")}", 5, 32 <unfinished ...>',
        f"72 fdatasync({WAL}) = 0",
        "71 <... pwrite64 resumed>) = 5",
        ACK,
    ]
    assert told(lines) == (None, [(7, 3)])


def test_a_sync_counts_when_it_has_returned() -> None:
    lines = [INSERT, f"71 fdatasync({WAL} <unfinished ...>", ACK, "71 <... fdatasync resumed>) = 0"]
    assert told(lines) == (3, [(7, 2)])


def test_a_sync_that_failed_does_not_count() -> None:
    assert told([INSERT, f"71 fdatasync({WAL}) = -1 EIO (Input/output error)", ACK])[0] is None


def test_acknowledgements_may_share_a_write_or_be_split() -> None:
    connack, two = bytes([0x20, 2, 0, 0]), bytes([0x40, 2, 0, 1, 0x40, 2, 0, 2])
    lines = [
        f'70 sendto({SOCKET}, "{hexed(connack + two[:6])}", 10, 0, NULL, 0) = 10',
        f'70 sendto({SOCKET}, "{hexed(two[6:])}", 2, 0, NULL, 0) = 2',
        '70 sendto(16<TCP:[127.0.0.1:1883->127.0.0.1:5]>, "\\x40\\x02\\x00\\x09", 4, 0, NULL, 0) = 4',
    ]
    assert told(lines)[1] == [(1, 0), (2, 1)]
