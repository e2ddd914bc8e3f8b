"""Every decoder of bytes that strangers send, by its name; its few lines of adapter are in `decoders/`."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzz.decoders import (
    coded,
    dc09,
    framed,
    lines,
    messages,
    modbus,
    mqtt,
    onvif,
    osdp,
    push,
    readers,
    rtp,
    rtsp,
    telephone,
)
from tests.fuzz.subject import Subject

SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for room in (mqtt, messages, framed, modbus, osdp, readers, dc09, push, lines, telephone, onvif, rtsp, rtp, coded)
    for subject in room.subjects()
}
