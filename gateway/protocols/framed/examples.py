"""The manual's frames, tried against the description: what does not fit is told before anything is wired."""

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
    """Raises Wrong for the first that can't be read, or tells something else."""
    for index, example in enumerate(settings.examples):
        try:
            _try(settings, example)
        except Wrong as wrong:
            raise Wrong(wrong.what, wrong.mend, ("examples", index)) from None


def _try(settings: FramedSettings, example: ExampleFrame) -> None:
    decoder = FramedDecoder(settings.frame)
    found = [*decoder.feed(example.bytes), *decoder.reset()]
    bad = next((item for item in found if isinstance(item, UnreadableBytes)), None)
    if bad:
        raise Wrong(f"it can't be read: {bad.why}", _mend(settings))
    frames = [item for item in found if isinstance(item, bytes)]
    if len(frames) != 1:
        raise Wrong(f"these are {len(frames)} frames", "write one frame an example")
    heard = FrameParser(settings).read(frames[0])
    if heard is None:
        raise Wrong("it is another device's, by 'only'", "put 'only' right, or take the example out")
    values = ", ".join(f"{name} {value}" for name, value in heard.values.items())
    if heard.trouble:
        raise Wrong(f"{heard.trouble}; in it are {values}", "describe it under messages")
    told = [(tell.kind, tell.zone) for tell in heard.tells]
    wanted = (example.kind, None if example.zone is None else str(example.zone))
    if example.kind is None and example.zone is None:
        if told:
            raise Wrong(f"it tells {_said(told)}", f"write kind: {told[0][0]}, or put messages right")
    elif wanted not in told:
        raise Wrong(f"it tells {_said(told) or 'nothing'}; in it are {values}", "put messages or the example right")


def _said(told: Sequence[tuple[str, str | None]]) -> str:
    return ", ".join(f"{kind} of zone {zone}" if zone else kind for kind, zone in told)


def _mend(settings: FramedSettings) -> str:
    """Where the checksum alone is wrong: those that would be right in all examples."""
    fitting = list(_fitting(settings.frame, [example.bytes for example in settings.examples]))
    if not fitting or len(fitting) > 3:
        return "put the frame's description right, or the example"
    return "these checksums would fit: " + " or ".join(fitting)


def _fitting(frame: FrameFormat, examples: Sequence[bytes]) -> Iterator[str]:
    for kind, (width, _) in ALGORITHMS.items():
        for order in get_args(ByteOrder) if width > 1 else ("big",):
            for start in range(len(frame.start) + 3):
                tried = ChecksumSettings.model_validate({"kind": kind, "from": start, "order": order})
                if all(_proves(frame.model_copy(update={"checksum": tried}), example) for example in examples):
                    yield f"{{kind: {kind}, from: {start}, order: {order}}}"


def _proves(frame: FrameFormat, example: bytes) -> bool:
    decoder = FramedDecoder(frame)
    return [*decoder.feed(example), *decoder.reset()] == [example]
