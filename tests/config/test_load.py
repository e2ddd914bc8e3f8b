from datetime import timedelta

from gateway.config import Listen
from gateway.model import DeviceType, Words
from gateway.rule import Compound
from gateway.settings.selection import at_home

LINE = """\
- id: line
  kind: modbus_io
  name: 总线
  type: home
  place: gate/east
  port: /dev/ttyUSB0
  units: [{address: 1, id: unit, name: 模块, inputs: [{number: 0, id: pir, name: 红外, means: zone.alarm}]}]
"""


def test_a_configuration_that_is_right(folder):
    folder.panel("cadence: 1h30m, loops: [{id: z1, name: 防区1, place: wall/n1}, {id: z2, name: 防区2}]")
    folder.rules("- {id: wall, kind: perimeter, places: [wall], severities: {zone.alarm: critical}}")
    configuration = folder.load()
    (entry,) = configuration.devices
    assert entry.device.cadence == timedelta(minutes=90)
    assert entry.device.type is DeviceType.PANEL
    assert [(part.id, part.place, part.part_of) for part in entry.parts] == [
        ("z1", "wall/n1", "p1"),
        ("z2", "gate/east", "p1"),
    ]
    assert list(configuration.all_devices()) == ["p1", "z1", "z2"]
    assert configuration.rules[0].id == "wall"
    assert configuration.compound.mqtt.endpoint.listen == Listen("127.0.0.1", 0)


def test_buildings_become_units_and_rooms(folder):
    places = folder.load().places
    assert places["b3/u2/302"].name == Words("3号楼2单元302室", "3号楼 Unit 2 Room 302")
    assert sum(path.startswith("b3") for path in places) == 1 + 2 + 2 * 3 * 2
    assert places["wall/n1"].name == Words("北围墙1段", "North wall 1")


def test_floors_left_out(folder):
    folder.compound("name: x\nbuildings: [{id: b1, name: 1号楼, floors: 5, rooms: 1, skip_floors: [4]}]")
    assert "b1/u1/401" not in folder.load().places
    assert "b1/u1/501" in folder.load().places


def test_what_door_plates_say_follows_from_where_it_listens(folder):
    folder.compound("name: x\nhttp: {listen: '[::1]:8443'}")
    assert folder.load().compound.public_url == "http://[::1]:8443"


def test_merges_and_anchors(folder):
    folder.devices(
        "- &panel {id: p1, kind: tests.config.a_driver, name: 主机, place: gate/east, port: /dev/a}\n"
        "- {<<: *panel, id: p2, port: /dev/b}"
    )
    assert [(e.device.id, e.settings.port) for e in folder.load().devices] == [("p1", "/dev/a"), ("p2", "/dev/b")]


def test_a_fingerprint_changes_with_what_is_written(folder):
    folder.rules("- {id: wall, kind: perimeter}")
    before = folder.load()
    folder.rules("- {id: wall, kind: perimeter, arming: ignored}")
    after = folder.load()
    assert before.fingerprint != after.fingerprint
    assert before.rules[0].fingerprint != after.rules[0].fingerprint
    assert after.rules[0].fingerprint == folder.load().rules[0].fingerprint


def test_a_rule_may_name_a_part(folder):
    folder.panel("loops: [{id: z1, name: 防区1}]")
    folder.rules("- {id: wall, kind: perimeter, always: [z1]}")
    assert folder.mistakes() == []


def test_a_part_may_hang_on_another(folder):
    folder.devices(LINE)
    folder.rules("- {id: lost, kind: silence, devices: [line]}")
    configuration = folder.load()
    parts = {device.id: device.part_of for device in configuration.all_devices().values()}
    assert parts == {"line": None, "unit": "line", "pir": "unit"}
    compound = Compound("x", configuration.all_devices(), configuration.places)
    assert configuration.rules[0].settings.covers("pir", compound), "a line stands for what hangs on its units"
    assert at_home("pir", compound), "what hangs on a home's is at home"
