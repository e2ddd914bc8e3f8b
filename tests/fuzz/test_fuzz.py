"""The harness under test: every decoder briefly, and that a crash, a hang, a leak and a hoard are found and told."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gateway.errors import BadInput
from tests.fuzz import apart, replay
from tests.fuzz.registry import SUBJECTS
from tests.fuzz.replay import replayed, watched
from tests.fuzz.result import spelled
from tests.fuzz.run import Run
from tests.fuzz.subject import Feed, Subject

BRIEFLY = 50_000
BEHIND = {
    "gateway.protocols.credential.masking",
    "gateway.protocols.dc09.cipher",
    "gateway.protocols.charset",
    "gateway.protocols.framed.hex_bytes",
    "gateway.protocols.json_text",
    "gateway.protocols.mapping.bodies",
    "gateway.protocols.mapping.multipart",
    "gateway.protocols.mapping.spoken",
    "gateway.vision.stream.rtp.h265",
    "gateway.vision.stream.rtp.sei",
}
"""Fed by the decoders that stand before them."""
FRAMES = (b"\x02hello\x03", b"\x02world 17\x03")


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_decoder_briefly(name: str) -> None:
    result = Run(SUBJECTS[name], BRIEFLY, seed=1).result()
    assert result.failure is None, result.failure.told(name, 1)
    assert result.bytes >= BRIEFLY


def test_every_valid_frame_is_fed_to_a_decoder_that_is_there() -> None:
    assert all(subject.frames() and all(subject.frames()) for subject in SUBJECTS.values())


def test_no_module_that_decodes_is_forgotten(root: Path) -> None:
    """Whoever takes bytes apart in links and in the stream is named by an adapter, or stands behind one that is."""
    takes = re.compile(
        r"^    def (?:feed|take|hear|unit|push|decode)\(self, \w+: bytes|^def [a-z]\w*\(\w+: bytes", re.MULTILINE
    )
    named = "\n".join(path.read_text() for path in (root / "tests/fuzz/decoders").glob("*.py"))
    folders = tuple(root / folder for folder in ("gateway/links", "gateway/protocols", "gateway/vision/stream"))
    files = [path for folder in folders for path in sorted(folder.rglob("*.py")) if takes.search(path.read_text())]
    modules = {".".join(path.relative_to(root).with_suffix("").parts) for path in files}
    assert len(modules) > 30
    assert {module for module in modules if not _is_named(module, named)} - BEHIND == set()


def _is_named(module: str, imports: str) -> bool:
    folder, _, name = module.rpartition(".")
    return re.search(rf"{module}\b|{folder} import .*\b{name}\b", imports) is not None


def subject(feed: Feed, *refuses: type[Exception], **more) -> Subject:
    return Subject("made-up", lambda: feed, lambda: FRAMES, refuses, **more)


def test_what_it_must_not_raise_is_told_with_input_that_does_it_again() -> None:
    def feed(chunk: bytes) -> None:
        if b"\xff" in chunk:
            raise KeyError("no such byte")

    broken = subject(feed)
    failure = Run(broken, 100_000, seed=3).result().failure
    assert failure is not None
    assert failure.chunks == [b"\xff"]
    assert "raised KeyError: 'no such byte'" in failure.told("made-up", 3)
    assert "--replay 'ff'" in failure.told("made-up", 3)
    assert isinstance(replayed(broken, failure.chunks), KeyError)


def test_a_failure_of_several_chunks_keeps_those_that_matter() -> None:
    def begin() -> Feed:
        seen = bytearray()

        def feed(chunk: bytes) -> None:
            seen.extend(chunk[:1])
            if seen.count(b"h") >= 2 and chunk.endswith(b"7"):
                raise ZeroDivisionError

        return feed

    stateful = Subject("made-up", begin, lambda: FRAMES)
    failure = Run(stateful, 1_000_000, seed=1).result().failure
    assert failure is not None
    assert 2 <= len(failure.chunks) <= 3
    assert sum(map(len, failure.chunks)) <= 4
    assert isinstance(replayed(stateful, failure.chunks), ZeroDivisionError)


def test_a_refusal_as_declared_begins_another_connection() -> None:
    begun: list[int] = []

    def begin() -> Feed:
        begun.append(1)

        def feed(chunk: bytes) -> None:
            if b"w" in chunk:
                raise BadInput("no w", chunk)

        return feed

    result = Run(Subject("made-up", begin, lambda: FRAMES, (BadInput,)), BRIEFLY, seed=1).result()
    assert result.failure is None
    assert result.refused == len(begun) - 1 > 10


def test_a_hang_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(chunk: bytes) -> None:
        while b"\xff" in chunk:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001  # as a careless decoder would
                continue

    monkeypatch.setattr(replay, "HANG_S", 0.2)
    failure = Run(subject(feed), 100_000, seed=1).result().failure
    assert failure is not None
    assert failure.why == "a chunk took more than 0.2 s"
    assert b"\xff" in failure.chunks[0]


def _hoard() -> Feed:
    kept: list[bytes] = []
    return kept.append


_LEAKED: list[list[int]] = []


def _leak() -> Feed:
    return lambda chunk: _LEAKED.extend([[len(chunk)] for _ in range(len(chunk) // 24)])


@pytest.mark.parametrize(
    ("begin", "why"),
    [(_hoard, r"it holds \d+ bytes, 65536 are its bound"), (_leak, r"the process grew by \d+ objects")],
)
def test_growth_is_told(begin: Callable[[], Feed], why: str) -> None:
    failure = Run(Subject("made-up", begin, lambda: FRAMES), 500_000, seed=1).result().failure
    _LEAKED.clear()
    gc.collect()
    assert failure is not None
    assert re.fullmatch(why, failure.why)


def test_the_same_seed_makes_the_same_input() -> None:
    def heard(seed: int) -> Sequence[bytes]:
        chunks: list[bytes] = []
        Run(subject(chunks.append, holds=1 << 30), BRIEFLY, seed).result()
        return chunks

    assert heard(5) == heard(5) != heard(6)


def test_a_process_of_its_own_gives_the_same_result() -> None:
    told: list[int] = []
    result = apart.run("sip-sound", BRIEFLY, 1, told.append)
    assert result.failure is None
    assert told[-1] == result.bytes >= BRIEFLY


def test_chunks_are_printed_and_read_again() -> None:
    chunks = [b"\x00\xff", b"", b"a"]
    assert spelled(chunks) == "00ff,,61"
    assert [bytes.fromhex(one) for one in spelled(chunks).split(",")] == chunks


def test_a_loop_within_the_test_is_no_hang() -> None:
    """The watch is over with the run."""
    with watched():
        pass
    asyncio.run(asyncio.sleep(0))
