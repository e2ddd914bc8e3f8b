"""Checks the settings against the manual's example frames, before a device is connected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from gateway.protocols.framed.checksum import ALGORITHMS, ByteOrder, ChecksumSettings
from gateway.protocols.framed.decoder import FramedDecoder
from gateway.protocols.framed.frame_format import FrameFormat
from gateway.protocols.framed.frame_parser import FrameParser
from gateway.protocols.framed.settings import ExampleFrame, FramedSettings
from gateway.protocols.unreadable import UnreadableBytes
from gateway.settings.mend import Wrong


def check_examples(settings: FramedSettings) -> None:
    """Raise Wrong for the first example that can't be read or gives other events than it names."""
    for index, example in enumerate(settings.examples):
        try:
            _check(settings, example)
        except Wrong as wrong:
            raise Wrong(wrong.what, wrong.mend, ("examples", index)) from None


def _check(settings: FramedSettings, example: ExampleFrame) -> None:
    decoder = FramedDecoder(settings.frame)
    found = [*decoder.feed(example.bytes), *decoder.reset()]
    bad = next((item for item in found if isinstance(item, UnreadableBytes)), None)
    if bad:
        raise Wrong(f"it can't be read: {bad.why}", _suggestion(settings))
    frames = [item for item in found if isinstance(item, bytes)]
    if len(frames) != 1:
        raise Wrong(f"it holds {len(frames)} frames", "write one frame per example")
    parsed = FrameParser(settings).parse(frames[0])
    if parsed is None:
        raise Wrong("'only' excludes it, as a frame of another device", "correct 'only', or remove the example")
    values = ", ".join(f"{name} {value}" for name, value in parsed.values.items())
    if parsed.error:
        raise Wrong(f"{parsed.error}; its fields are {values}", "describe it under messages")
    actual = [(event.kind, event.zone) for event in parsed.events]
    expected = (example.kind, None if example.zone is None else str(example.zone))
    if example.kind is None and example.zone is None:
        if actual:
            raise Wrong(f"its events are {_listed(actual)}", f"write kind: {actual[0][0]}, or correct messages")
    elif expected not in actual:
        raise Wrong(
            f"its events are {_listed(actual) or 'none'}; its fields are {values}", "correct messages or the example"
        )


def _listed(events: Sequence[tuple[str, str | None]]) -> str:
    return ", ".join(f"{kind} of zone {zone}" if zone else kind for kind, zone in events)


def _suggestion(settings: FramedSettings) -> str:
    """Name the checksums that would be right in all examples, if only the checksum is wrong."""
    fitting = list(_fitting_checksums(settings.frame, [example.bytes for example in settings.examples]))
    if not fitting or len(fitting) > 3:
        return "correct the frame's description, or the example"
    return "these checksums would fit: " + " or ".join(fitting)


def _fitting_checksums(frame: FrameFormat, examples: Sequence[bytes]) -> Iterator[str]:
    for kind, (width, _) in ALGORITHMS.items():
        for order in get_args(ByteOrder) if width > 1 else ("big",):
            # Manuals differ in whether start bytes, address or length are covered: try the first bytes after start.
            for start in range(len(frame.start) + 3):
                candidate = ChecksumSettings.model_validate({"kind": kind, "from": start, "order": order})
                if all(_decodes(frame.model_copy(update={"checksum": candidate}), example) for example in examples):
                    yield f"{{kind: {kind}, from: {start}, order: {order}}}"


def _decodes(frame: FrameFormat, example: bytes) -> bool:
    decoder = FramedDecoder(frame)
    return [*decoder.feed(example), *decoder.reset()] == [example]
