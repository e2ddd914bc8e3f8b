"""What an installer may write wrongly, and what is said of it."""

from __future__ import annotations

from copy import deepcopy

import pytest

from gateway.config import load
from gateway.errors import ConfigError

RIGHT = {
    "frame": {"start": "AA", "size": 8, "checksum": {"kind": "sum8"}},
    "fields": {
        "code": {"at": 1, "values": {1: "alarm", 2: "quiet"}},
        "zone": {"at": 2},
        "text": {"at": 3, "type": "ascii", "width": 2},
        "bits": {"at": 5, "type": "bits", "width": 2},
    },
    "conditions": {"alarm": {"begins": "zone.alarm", "ends": "zone.restored"}},
    "messages": [
        {"when": {"code": "alarm"}, "begins": "alarm", "zone": "zone"},
        {"when": {"code": "quiet"}, "ends": "alarm", "zone": "zone"},
    ],
    "acknowledge": [{"when": {"code": "alarm"}, "send": "06 {zone} 00 00 00 00"}],
    "poll": {"send": {"raw": "05"}},
    "commands": {
        "arm": {"send": "01 {area} 00 00 00 00", "arguments": {"area": {}}, "answer": {"code": "quiet"}},
    },
    "examples": [{"bytes": "AA 01 07 41 42 00 00 8B", "kind": "zone.alarm", "zone": 7}],
}
MISTAKES = [
    ("frame.start", "AA5", "'AA5' is not a list of bytes: 'AA5', write two hexadecimal digits a byte"),
    ("frame.start", 170, "170 is not a list of bytes, write them as hexadecimal digits in quotes"),
    ("frame.size", None, "nothing says where a frame ends, give one of size, length and end"),
    ("frame.length", {"at": 1}, "size and length both say where a frame ends"),
    ("frame.checksum.kind", "crc16-modbuss", "checksum 'crc16-modbuss' is not known, did you mean 'crc16-modbus'?"),
    ("frame.escape", {"byte": "7D"}, "an escape needs one of xor and values"),
    ("frame.escape", {"byte": "7D7E", "xor": "20"}, "'7D7E' is not one byte"),
    ("fields.zone.at", 8, "it needs 9 bytes, and all frames have 8"),
    ("fields.zone.at", -9, "it needs 9 bytes, and all frames have 8"),
    ("fields.bits.at", -1, "2 bytes from -1 on are beyond the frame, begin at -2"),
    ("fields.bits.bit", 16, "2 bytes have 16 bits, give it more width"),
    ("fields.zone.bit", 1, "bit and count are for type: bits"),
    ("fields.zone.width", 2, "a u8 has 1 bytes, leave out width"),
    ("fields.size", {"at": 1}, "'size' is a reserved name"),
    ("messages.0.zone", "zoen", "field 'zoen' is not declared, did you mean 'zone'?"),
    ("messages.0.id", ["zone", "nubmer"], "field 'nubmer' is not declared"),
    ("messages.0.data", {"text": "txet"}, "field 'txet' is not declared, did you mean 'text'?"),
    ("messages.0.when", {"cod": 1}, "field 'cod' is not declared, did you mean 'code'?"),
    ("messages.0.when", {"code": 1}, "1 is called 'alarm' here, write 'alarm'"),
    ("messages.0.when", {"code": "alrm"}, "'alrm' is no possible value of the field, did you mean 'alarm'?"),
    ("messages.0.when", {"zone": 256}, "256 is no possible value of the field, write 0 to 255"),
    ("messages.0.when", {"text": 7}, "7 is no possible value of the field, write text"),
    ("messages.0.begins", "alrm", "condition 'alrm' is not declared, did you mean 'alarm'?"),
    ("messages.0.zone", None, "the condition belongs to the zone, and the message names the host, add 'zone: FIELD'"),
    ("messages.0.area", "zone", "a message names a zone or an area, not both, keep one"),
    ("messages.0.kind", "zone.alarm", "kind and begins can't both be, write two messages"),
    ("messages.1.when", {"code": "alarm"}, "some frames match both this message and message 1 of the list"),
    ("messages.1.when", {"zone": 3}, "some frames match both this message and message 1 of the list"),
    ("messages.0", {"when": {"code": "alarm"}, "kind": "zone.alrm"}, "'zone.alrm' is no kind of signal, did you mean"),
    ("messages.0", {"when": {"code": "alarm"}, "kind": "command.done"}, "only the gateway itself emits 'command.done'"),
    ("messages.0", {"when": {"code": "alarm"}, "states": {"text": "alarm"}}, "field 'text' has no bits"),
    ("conditions.alarm.ends", "zone.restred", "'zone.restred' is no kind of signal, did you mean 'zone.restored'?"),
    ("acknowledge.0.send", "06", "it makes a frame of 3 bytes, and all have 8"),
    ("acknowledge.0.send", "06 {zoen} 00 00 00 00", "{zoen} is no field or argument here, did you mean 'zone'?"),
    ("poll.send", "{zone} 00 00 00 00 00", "{zone} is no field or argument here"),
    ("poll.send", "{count:u64}", "'{count:u64}' is not understood"),
    ("poll.send", 5, "5 is no template of a frame"),
    ("commands.arm.send", "01 02 00 00 00 00", "argument 'area' is not sent, write {area} into send"),
    ("commands.arm.answer", {}, ""),
    ("commands.arm.echo", "cuont", "field 'cuont' is not declared"),
    ("examples.0.zone", 8, "its events are zone.alarm of zone 7; its fields are bits 0, code alarm"),
    ("examples.0.kind", None, "its events are zone.alarm of zone 7; its fields are"),
    ("examples.0.bytes", "AA 02 07 41 42 00 00 8C", "its events are zone.restored of zone 7"),
    ("examples.0.bytes", "AA 03 07 41 42 00 00 8D", "no message describes it; its fields are bits 0, code 3"),
    ("examples.0.bytes", "AA 01 07 41 42 00 00 8C", "it can't be read: the checksum should be 8B and is 8C"),
    ("zones", [{"number": 1, "id": "a", "name": "A"}, {"number": "1", "id": "b", "name": "B"}], "number 1 is given to"),
    ("clock", {"timezone": "Peking"}, "'Peking' is no time zone"),
]


def folder(tmp_path, entry):
    from ruamel.yaml import YAML

    device = {"id": "h", "kind": "framed_serial", "name": "主机", "place": "gate", "port": "/dev/x", **entry}
    (tmp_path / "compound.yaml").write_text("name: x\nplaces: {gate: 门}\n")
    (tmp_path / "rules.yaml").write_text("rules: []\n")
    with (tmp_path / "devices.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump({"devices": [device]}, file)
    return tmp_path


def mistakes(tmp_path, entry) -> list[str]:
    try:
        load(folder(tmp_path, entry))
    except ConfigError as error:
        return [f"{mistake.what}, {mistake.mend}" for mistake in error.mistakes]
    return []


def with_mistake(path: str, value: object) -> dict:
    entry = deepcopy(RIGHT)
    *way, last = path.split(".")
    holder = entry
    for key in way:
        holder = holder[int(key)] if isinstance(holder, list) else holder.setdefault(key, {})
    if isinstance(holder, list):
        holder[int(last)] = value
    elif value is None:
        holder.pop(last)
    else:
        holder[last] = value
    return entry


def test_the_base_settings_are_valid(tmp_path) -> None:
    assert mistakes(tmp_path, RIGHT) == []


@pytest.mark.parametrize(("path", "value", "expected"), MISTAKES)
def test_a_mistake_is_reported_once(tmp_path, path: str, value: object, expected: str) -> None:
    found = mistakes(tmp_path, with_mistake(path, value))
    if not expected:
        assert found == []
        return
    assert len(found) == 1
    assert expected in found[0]


def test_a_wrong_checksum_suggests_those_that_fit(tmp_path) -> None:
    entry = deepcopy(RIGHT)
    entry["frame"] = {"start": "AA 55", "end": "0D", "checksum": {"kind": "crc16-modbus"}}
    entry |= {"acknowledge": [], "commands": {}, "fields": {"code": {"at": 2}}, "conditions": {}}
    entry["messages"] = [{"when": {}}]
    entry["examples"] = [{"bytes": "AA 55 '123456789' 89 21 0D"}, {"bytes": "AA 55 'abc' E9 58 0D"}]
    (found,) = mistakes(tmp_path, entry)
    assert "it can't be read: the checksum should be" in found
    assert "these checksums would fit: {kind: crc16-kermit, from: 2, order: little}" in found
