"""Every decoder of bytes that strangers send, by its name; its few lines of adapter are in `decoders/`."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzz.decoders import alarms, mqtt, onvif, osdp, serial, telephone, video
from tests.fuzz.subject import Subject

SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for room in (mqtt, serial, osdp, alarms, telephone, onvif, video)
    for subject in room.subjects()
}
