import os

import pytest


def only(folder) -> str:
    (mistake,) = folder.mistakes()
    return mistake


def test_all_files_at_once(folder):
    folder.compound("name: x\nlangauge: zh\nplaces: {gate/east: 东门}")
    folder.panel("baud: fast, cadense: 5m")
    folder.rules("- {id: r, kind: perimetre}")
    assert folder.mistakes() == [
        "compound.yaml:2: unknown key 'langauge', did you mean 'language'?",
        "devices.yaml:2: 'baud': 'fast' can't be, write a whole number",
        "devices.yaml:2: unknown key 'cadense', did you mean 'cadence'?",
        "rules.yaml:2: unknown rule 'perimetre', did you mean 'perimeter'?",
    ]


DEVICE_MISTAKES = {
    "id: [": "check",
    "baude: 1": "unknown key 'baude', did you mean 'baud'?",
    "plaze: 1": "unknown key 'plaze', did you mean 'place'?",
    "qqqqq: 1": "unknown key 'qqqqq', known are account",
    "cadence: 5": "'cadence': 5 is no length of time, write it with its unit, such as 5s",
    "cadence: 0s": "it can't be 0, write a length of time",
    "cadence: ": "",
    "type: camra": "'type': 'camra' can't be, did you mean 'camera'?",
    "baud: 13": "13 baud brings bad luck, use 9600",
    "port: 7": "'port': 7 can't be, put it in quotes: '7'",
    "url: htp://x": "'htp://x' is no URL of a kind used here, did you mean 'http'?",
    "url: http//x": "begin with http:// or https://",
    "url: 'http://'": "'http://' is no URL of a kind used here",
    "url: 'http://:80/'": "names no host, write http://HOST/…",
    "url: 'http://h:99999/'": "is no URL (Port out of range 0-65535)",
    "limits: {1: many}": "write a number",
    "loops: 7": "'loops': 7 can't be, write a list",
    "loops: [{id: z1}]": "'z1': 'name' is missing, add 'name: …'",
    "loops: [{id: z1, nmae: x}]": "unknown key 'nmae', did you mean 'name'?",
    "loops: [{id: p1, name: x}]": "duplicate id 'p1', choose another (line 2 has it already)",
    "loops: [{id: Z1, name: x}]": "'Z1' is no id, use a-z",
    "loops: [{id: z1, name: x, place: gate/eats}]": "place 'gate/eats' does not exist, did you mean 'gate/east'?",
    "password: open": "a password is in plain text, move it to secrets.yaml and write '!secret NAME'",
    "password: !secret nobody": "secret 'nobody' is not found, add 'nobody: …' to",
    "password: !secret ": "!secret has no name, write '!secret NAME'",
    "password: !vault x": "tag '!vault' is unknown, only '!secret NAME'",
    "baud: 1, baud: 2": "key 'baud' is there twice, keep one (line 2 has it already)",
}


@pytest.mark.parametrize(("written", "told"), [(w, t) for w, t in DEVICE_MISTAKES.items() if t and w != "id: ["])
def test_one_line_for_each_mistake_of_a_device(folder, written, told):
    told = told.replace("known are account", "known are baud, cadence, id, kind")
    folder.panel(written)
    mistake = only(folder)
    assert mistake.startswith("devices.yaml:2: ")
    assert told in mistake


COMPOUND_MISTAKES = {
    "timezone: Asia/Shangai": "'Asia/Shangai' is no time zone, did you mean 'Asia/Shanghai'?",
    "timezone: Beijing": "'Beijing' is no time zone, write one like Asia/Shanghai",
    "timezone: Asia/Beijing": "'Asia/Beijing' is no time zone, write one like Asia/Shanghai",
    "timezone: Asia/Peking": "'Asia/Peking' is no time zone, write one like Asia/Shanghai",
    "timezone: UTC+8": "'UTC+8' is no time zone, write one like Asia/Shanghai",
    "language: cn": "'language': 'cn' can't be, use one of en, zh",
    "property_phone: 0523832": "'property_phone': 0523832 can't be, put it in quotes: '0523832'",
    "home_province: 江苏": "'江苏' begins no number plate, did you mean '苏'?",
    "home_province: 江": "'江' begins no number plate, write one of 京",
    "http: {listen: 8080}": "8080 is no address to listen on, write host:port",
    "http: {listen: '127.0.0.1:80800'}": "port 80800 is out of range, write one from 1 to 65535",
    "http: {tls: {certificate: devices.yaml, key: no.pem}}": "file 'no.pem' does not exist",
    "http: {tls: {certificate: devices.yaml, key: rules.yaml}}": "are no certificate and its key",
    "public_url: ftp://x": "'ftp://x' is no URL of a kind used here, use one of http, https",
    "mqtt: {broker: {host: h, port: 0}}": "'port': 0 can't be, write at least 1",
    "mqtt: {broker: {}}": "'broker': 'host' is missing, add 'host: …'",
    "mqtt: {endpoint: {listen: '0.0.0.0:8080'}}": "port 8080 is used by http.listen too, choose another port",
    "retention: {signals: 90 days}": "'90 days' is no length of time, write it with its unit, such as 30s, 5m",
    "vision: {faces: {strangers_a_day: 0}}": "'strangers_a_day': 0 can't be, write more than 0",
    f"vision: {{faces: {{detector: {{path: no.onnx, sha256: '{'0' * 64}'}}}}}}": "file 'no.onnx' does not exist",
    f"vision: {{faces: {{detector: {{path: devices.yaml, sha256: '{'0' * 64}'}}}}}}": "has another SHA-256",
    "vision: {workers: 0}": "'workers': 0 can't be, write at least 1",
    "places: {Gate: 门}": "'Gate' is no place path, use a-z",
    "places: {gate: 7}": "'gate': 7 is no name, put it in quotes: '7'",
    "places: {gate: 0123}": "'gate': 0123 is no name, put it in quotes: '0123'",
    "places: {gate: 1E5}": "'gate': 1E5 is no name, put it in quotes: '1E5'",
    "places: {gate: {zh: 门}}": "'gate': 'en' is missing, add 'en: …'",
    "buildings: [{id: b1, floors: 3, rooms: 2}]": "'b1': 'name' is missing, add 'name: …'",
    "buildings: {b1: 3}": "'buildings': a group of keys can't be, write a list",
    "buildings: [{id: a, name: A, floors: 1, rooms: 1}, {id: a, name: A, floors: 1, rooms: 1}]": "duplicate id 'a'",
}


@pytest.mark.parametrize(("written", "told"), COMPOUND_MISTAKES.items())
def test_one_line_for_each_mistake_of_the_compound(folder, written, told):
    folder.compound(f"name: 西子御园\n{written}\n")
    mistake = only(folder)
    assert mistake.startswith("compound.yaml:2: ")
    assert told in mistake


SYNTAX_MISTAKES = {
    "devices:\n  - id: x\n    name：门\n    kind: y\n": "devices.yaml:4: has no ': ' behind a key, write",
    'devices:\n  - id: "x\n    name: "门"\n': "devices.yaml:3: a quote is not closed, or opened twice, check",
    "devices:\n  - id: x\n\tkind: y\n": "devices.yaml:3: a tab stands where the line is indented, indent with spaces",
    "devices:\n  - id: x\n   kind: y\n": "devices.yaml:3: is no YAML here",
    "devices: [a": "devices.yaml:1: is no YAML here",
    "- a\n": "devices.yaml:1: holds no keys, begin with 'key: value' lines",
    "devices: &a [*a]": "devices.yaml:1: grows without end because of its anchors",
    "devices: []\n---\ndevices: []\n": "devices.yaml:2: is no YAML here",
    "{{}: x}": "devices.yaml:1: a key is empty or no plain word",
    "": "devices.yaml:1: 'devices' is missing, add 'devices: …'",
    "devices:\n- hello": "devices.yaml:2: an entry has no keys",
    "devices:\n": "devices.yaml:1: 'devices': nothing is written, write 'devices: []' while there are none",
    "devices: []\nd: 1": "devices.yaml:2: unknown key 'd', known are devices",
}


FALSE_SPACES = {
    "devices:\n  - id: x\n\u3000\u3000name: y\n": "devices.yaml:3: U+3000 (ideographic space) stands in the indent",
    "devices:\n  - id: x\n\u00a0\u00a0\u00a0\u00a0name: y\n": "devices.yaml:3: U+00A0 (no-break space) stands in the",
    "devices:\n  - id: x\n    name:\u3000y\n    kind: z\n": "devices.yaml:3: U+3000 (ideographic space) stands here",
    "devices:\n  -\u00a0id: x\n    name: y\n": "devices.yaml:2: U+00A0 (no-break space) stands in the indentation",
    "\u3000devices: []\n": "devices.yaml:1: U+3000 (ideographic space) stands in the indentation",
    "devices: []\n\u00a0d: 1\n": "devices.yaml:2: U+00A0 (no-break space) stands",
    "devices:\n  - id: x\n\u2003\u2003name: y\n": "devices.yaml:3: U+2003 (em space) stands in the indentation",
    "devices:\n  - id: x\n  \u200b  name: y\n": "devices.yaml:3: U+200B (zero width space) stands in the indentation",
}


FALSE_MARKS = {
    "devices:\n  - id：x\n    name: y\n": "devices.yaml:2: U+FF1A (fullwidth colon) stands here",
    "devices：\n  - id: x\n": "devices.yaml:1: U+FF1A (fullwidth colon) stands here",
    "devices:\n  － id: x\n    name: y\n": "devices.yaml:2: U+FF0D (fullwidth hyphen-minus) stands here",
    "devices:\n  — id: x\n    name: y\n": "devices.yaml:2: U+2014 (em dash) stands here",
    "devices:\n  - {id: x，name: y}\n": "devices.yaml:2: U+FF0C (fullwidth comma) stands here",
    "devices:\n  - ｛id: x, name: y}\n": "devices.yaml:2: U+FF5B (fullwidth left curly bracket) stands here",
    "devices:\n  - {id: x, name: y｝\n": "devices.yaml:2: U+FF5D (fullwidth right curly bracket) stands here",
}


@pytest.mark.parametrize(("text", "told"), {**FALSE_SPACES, **FALSE_MARKS}.items())
def test_what_only_looks_like_a_space_is_named(folder, text, told):
    (folder.path / "devices.yaml").write_text(text)
    assert folder.mistakes()[0].startswith(told)


@pytest.mark.parametrize(
    "address",
    [
        "rtsp：//u:geheim9@h/1",
        "rtsp://u：geheim9@h/1",
        "rtsp://u:geheim9＠h/1",
        "rtsp://u:geheim9@10。0.0.1/1",
        "rtsp://u:geheim9@h：554/1",
        "rtsp://u:geheim9@h\u200b/1",
        "“rtsp://u:geheim9@h/1”",
    ],
)
def test_an_address_typed_on_a_chinese_keyboard_is_told_and_not_shown(folder, address):
    folder.devices(f"- {{id: c, kind: camera, name: c, place: gate/east, source: '{address}'}}")
    first, *more = folder.mistakes()
    assert "'source': the address holds U+" in first
    assert "geheim9" not in first + "".join(more)


def test_a_text_may_be_indented_as_chinese_texts_are(folder):
    folder.compound("name: x：—，｛\nplaces: {gate/east: 东\u3000门，北}\n# \u3000注：")
    assert folder.mistakes() == []


@pytest.mark.parametrize(("text", "told"), SYNTAX_MISTAKES.items())
def test_what_is_no_yaml_is_told_once(folder, text, told):
    (folder.path / "devices.yaml").write_text(text)
    assert only(folder).startswith(told)


def test_a_file_in_another_encoding(folder):
    (folder.path / "devices.yaml").write_bytes("devices: []\n# 东门\n".encode("gb18030"))
    assert only(folder) == "devices.yaml:2: is not UTF-8, save the file as UTF-8"


def test_a_file_that_is_not_there(folder):
    (folder.path / "rules.yaml").unlink()
    assert only(folder).startswith("rules.yaml:1: is missing, start from the one")


def test_a_list_is_not_too_short_besides_for_what_is_wrong_in_it(folder):
    folder.devices("- {id: m, kind: modbus_io, name: m, place: gate/east, port: /dev/null, units: [{address: 1}]}")
    assert folder.mistakes() == [
        "devices.yaml:2: 'units': 'id' is missing, add 'id: …'",
        "devices.yaml:2: 'units': 'name' is missing, add 'name: …'",
    ]


def test_a_zone_number_that_stands_twice_is_told_where_it_stands_again(folder):
    zone = "{{number: 1, id: z{0}, name: z{0}}}"
    folder.devices(
        "- id: host\n  kind: perimeter_panel\n  name: 主机\n  place: gate/east\n  port: /dev/null\n  zones:\n"
        f"    - {zone.format(1)}\n    - {zone.format(2)}"
    )
    assert only(folder).startswith("devices.yaml:9: 'number': zone number 1 is given to two zones")


@pytest.fixture
def stranger():
    """Somebody whom the folder's owner lets in nowhere."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else for a while")
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_folder_that_lets_nobody_in_is_told_file_by_file(folder, request):
    folder.secrets("a: b")
    folder.path.parent.chmod(0o700)
    folder.path.chmod(0o000)
    request.getfixturevalue("stranger")
    told = folder.mistakes()
    stems = ["access", "compound", "desk", "devices", "plan", "residents", "rules", "secrets"]
    assert [line.partition(":")[0] for line in told] == [f"{stem}.yaml" for stem in stems]
    assert all(
        "can't be read (Permission denied), put the file there and let the daemon's user" in line for line in told
    )


def test_a_folder_that_is_not_there(folder):
    folder.path = folder.path / "nowhere"
    assert "is no folder" in only(folder)


def test_anchors_that_multiply_without_end(folder):
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9))
    (folder.path / "rules.yaml").write_text(f"l0: &l0 [x]\n{layers}rules: []\n")
    assert only(folder).startswith("rules.yaml:1: grows without end")


KIND_MISTAKES = {
    "perimeter_panle": "unknown driver 'perimeter_panle', did you mean 'perimeter_panel'?",
    "zzz": "unknown driver 'zzz', known are ",
    "../evil": "unknown driver '../evil', known are ",
    "acme.panel": "driver 'acme.panel' can't be imported (ModuleNotFoundError: No module named 'acme'), install its",
    "json.tool": "module of 'json.tool' has no DRIVER class, write DRIVER = YourClass",
    "tests.config.broken_module": "can't be imported (OSError: the vendor's library is not here), fix that module",
}


@pytest.mark.parametrize(("kind", "told"), KIND_MISTAKES.items())
def test_a_wrong_kind_is_one_mistake_whatever_else_stands_there(folder, kind, told):
    folder.devices(f"- {{id: d, kind: {kind}, name: 门, place: gate/east, foo: 1, bar: [2]}}")
    folder.rules("- {id: r, kind: perimeter, always: [z9]}")
    assert told in only(folder)


def test_a_rule_of_the_old_kind_is_told_what_became_of_it(folder):
    folder.rules("- {id: r, kind: tests.config.old_rule}")
    assert "OldRule, the RULE of 'tests.config.old_rule', has no method on(), write on(state, event)" in only(folder)


def test_the_line_is_that_of_the_fault(folder):
    folder.devices("""\
- id: p1
  kind: tests.config.a_driver
  name: 主机
  place: gate/eats
  loops:
    - id: z1
      name: 防区1
    - id: z1
      name: 防区2
      place: nowhere
- kind: tests.config.a_driver
  id: anju
  place: b3/u9/101
""")
    assert [mistake.partition(", ")[0] for mistake in folder.mistakes()] == [
        "devices.yaml:5: place 'gate/eats' does not exist",
        "devices.yaml:9: duplicate id 'z1'",
        "devices.yaml:11: place 'nowhere' does not exist",
        "devices.yaml:12: 'anju': 'name' is missing",
        "devices.yaml:13: id 'anju' is the gateway's own",
        "devices.yaml:14: place 'b3/u9/101' does not exist",
    ]


def test_a_wrong_building_does_not_condemn_what_stands_in_it(folder):
    folder.compound("name: x\nbuildings: [{id: b3, name: 3号楼, floors: many, rooms: 2}]\nplaces: {gate: 门}")
    folder.devices(
        "- {id: a, kind: tests.config.a_driver, name: a, place: b3/u1/101, port: /dev/a}\n"
        "- {id: b, kind: tests.config.a_driver, name: b, place: gete, port: /dev/b}"
    )
    assert folder.mistakes() == [
        "compound.yaml:2: 'floors': 'many' can't be, write a whole number",
        "devices.yaml:3: place 'gete' does not exist, did you mean 'gate'?",
    ]


def test_two_devices_on_one_serial_port(folder, tmp_path):
    (tmp_path / "by-id").symlink_to("/dev/ttyS9")
    folder.devices(
        "- {id: a, kind: tests.config.a_driver, name: a, place: gate/east, port: /dev/ttyS9}\n"
        f"- {{id: b, kind: tests.config.a_driver, name: b, place: gate/east, port: {tmp_path}/by-id}}"
    )
    assert "is used by 'a' too (line 2), give each device its own" in only(folder)


def test_a_device_in_mqtt_needs_its_account_and_its_door(folder):
    folder.secrets("b3: x")
    folder.compound(
        "name: x\nplaces: {g: 门}\nmqtt: {endpoint: {}, accounts: [{user: b3-bridge, password: !secret b3}]}"
    )
    device = "- {{id: {0}, kind: tests.config.a_speaker, name: a, place: g, account: {1}, via: {2}}}\n"
    folder.devices(device.format("a", "b3-brigde", "endpoint") + device.format("b", "any", "broker"))
    mistakes = folder.mistakes()
    assert mistakes[0] == "devices.yaml:2: account 'b3-brigde' does not exist, did you mean 'b3-bridge'?"
    assert mistakes[1].startswith("devices.yaml:3: 'b' uses the broker, and the compound has none, add 'mqtt: ")
    assert len(mistakes) == 2


def test_a_rule_refers_to_what_there_is(folder):
    folder.panel("loops: [{id: z1, name: 防区1}]")
    folder.rules(
        "- {id: r, kind: perimeter, always: [z2], places: [wal], severities: {zone.alrm: high, zone.alarm: loud}}"
    )
    assert [mistake.partition(": ")[2] for mistake in folder.mistakes()] == [
        "'always': device 'z2' does not exist, use one of p1, z1",
        "'places': no place is or begins with 'wal', did you mean 'wall/n1'?",
        "'zone.alarm': 'loud' is no severity, use one of critical, high, low, medium",
        "'zone.alrm' is not known here, did you mean 'zone.alarm'?",
    ]


STATION = "{id: st, name: 门口机, place: gate, uri: 'sip:door@10.0.0.7', %s}"
INTERCOM = "- {id: sip, kind: sip_intercom, name: 对讲, place: gate, listen: '10.0.0.1:5060', stations: [%s]}"
PATTERNS = "patterns: [{match: x, kind: zone.alarm}]"
SYSLOG = "- {id: %s, kind: syslog_lines, name: x, place: gate, listen: '0.0.0.0:%d', " + PATTERNS + "}"


@pytest.mark.parametrize(
    ("devices", "told"),
    [
        (INTERCOM % STATION % "camera: gate-camra", "device 'gate-camra' does not exist"),
        (INTERCOM % STATION % "unlock: {device: dor, action: unlock}", "device 'dor' does not exist"),
        ("\n".join((SYSLOG % ("a", 5514), SYSLOG % ("b", 5514))), "tcp port 5514 is used by 'a' too"),
        (SYSLOG % ("a", 8080), "tcp port 8080 is used by 'http.listen' too"),
    ],
)
def test_what_an_entry_says_of_another_is_looked_up(folder, devices, told):
    (folder.path / "devices.yaml").write_text(f"devices:\n{devices}\n", "utf-8")
    folder.compound("name: 西子御园\nplaces: {gate: 门}\n")
    assert told in only(folder)


def test_an_account_number_keeps_its_noughts(folder):
    folder.devices(
        "- {id: r, kind: dc09_receiver, name: 接警, place: gate/east, listen: '127.0.0.1:0',"
        " accounts: [{account: 0123, id: p, name: 主机}]}"
    )
    assert only(folder).endswith(
        'account 0123 is a number, of which leading zeros are lost, write it in quotes: "0123"'
    )


def test_a_secret_that_yaml_takes_for_a_number_is_not_shown(folder):
    folder.compound("name: x\ndemo: true\nplaces: {gate/east: 东}\nmqtt: {accounts: [{user: b3, password: 004711}]}")
    assert only(folder) == "compound.yaml:4: 'password': this is a number or true/false, not text, put it in quotes"


@pytest.mark.parametrize("name", ["storage", "uncovered", "gateway"])
def test_a_rule_with_the_name_of_the_gateways_own_alerts(folder, name):
    folder.rules(f"- {{id: {name}, kind: perimeter}}")
    assert only(folder) == f"rules.yaml:2: id '{name}' is used for the gateway's own alerts, choose another"
