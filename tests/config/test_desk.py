"""desk.yaml: optional, with defaults; mistakes with line and fix."""

import wave
from datetime import timedelta

import pytest

from gateway.config.desk import DeskSettings


def write(folder, text):
    (folder.path / "desk.yaml").write_text(text, "utf-8")


def test_without_the_file_and_without_keys_the_defaults_hold(folder):
    assert folder.load().desk == DeskSettings()
    write(folder, "# nothing yet\n")
    assert folder.load().desk == DeskSettings()


def test_its_keys_are_read_and_in_the_fingerprint(folder):
    before = folder.load().fingerprint
    write(folder, "incidents: {window: 10m}\n")
    after = folder.load()
    assert after.desk.incidents.window == timedelta(minutes=10)
    assert after.fingerprint != before


def test_mistakes_have_line_and_fix(folder):
    write(folder, "incidents:\n  window: 10\n  mots: 3\n")
    assert folder.mistakes() == [
        "desk.yaml:2: 'window': 10 is no length of time, write it with its unit, such as 10s",
        "desk.yaml:3: unknown key 'mots', did you mean 'most'?",
    ]


def test_the_shipped_file_says_the_defaults(root, folder):
    write(folder, (root / "config/desk.yaml").read_text("utf-8"))
    assert folder.load().desk == DeskSettings()


def test_neighbours_must_exist(folder):
    text = (folder.path / "compound.yaml").read_text("utf-8")
    folder.compound(text + "near: [[gate/east, wall/n1], [wall/n1, wall/n9]]\n")
    assert folder.mistakes() == ["compound.yaml:6: 'near': place 'wall/n9' does not exist, did you mean 'wall/n1'?"]


def test_limits_shifts_and_the_chain_have_their_mistakes_told(folder):
    write(
        folder,
        """limits:
  urgent_kinds: [fire.alram]
  exceptions:
    - {places: [wal]}
    - {rules: [hme], acknowledge: 30s}
    - {hours: 25:00-06:00, arrive: 1m}
escalation:
  - {after: 1m, to: every_desk}
  - {after: 0s, to: desk_louder}
hold: {default: 2h, longest: 1h}
shifts:
  - {name: A, hours: 08:00-20:00}
  - {name: B, hours: 09:00-20:00}
attention: {grace: 2d}
""",
    )
    told = folder.mistakes()
    for line, words in (
        (2, "'fire.alram' is no kind of signal, did you mean 'fire.alarm'?"),
        (4, "no place is or begins with 'wal'"),
        (5, "rule 'hme' does not exist"),
        (6, "'25:00-06:00' are no hours of a day"),
        (8, "the steps are not in the order of 'after', put the one that comes first above"),
        (10, "'default' is longer than 'longest', make it shorter"),
        (12, "two shifts end at one time, one handover ends one shift: merge them"),
        (14, "2d is too long, write at most 1d"),
    ):
        assert [each for each in told if each.startswith(f"desk.yaml:{line}:") and words in each], (line, words, told)


def test_a_step_tells_by_a_notifier_that_exists(folder):
    write(folder, "escalation:\n  - after: 0s\n    to:\n      notifier: sms\n")
    assert folder.mistakes() == ["desk.yaml:4: notifier 'sms' does not exist, add it under 'notifiers'"]


def test_the_report_goes_to_notifiers_that_there_are_at_times_of_a_clock(folder):
    write(folder, "report:\n  day: '20:00'\n  night: '08:00'\n  notifiers: [boss]\n")
    assert any("there is no notifier 'boss'" in line for line in folder.mistakes())
    write(folder, "report:\n  at: 8h\n")
    assert any("'8h' is no time of the day, write it like '08:00'" in line for line in folder.mistakes())
    write(folder, "report:\n  day: '20:00'\n  night: '08:00'\n")
    assert any("does not begin after the day shift" in line for line in folder.mistakes())
    write(folder, "report:\n  day: '08:10'\n")
    assert any("08:10 is no full quarter of an hour" in line for line in folder.mistakes())


CAMERA = "  - {id: cam, kind: camera, name: c, place: gate/east, source: rtsp://10.0.0.1/a}\n"
DOOR = (
    "  - {id: door, kind: mqtt_device, type: door, name: d, place: gate/east, account: a,"
    " actions: {unlock: [seconds]}}\n"
)


def with_devices(folder):
    """A camera and a door."""
    account = "mqtt: {endpoint: {listen: 127.0.0.1:0}, accounts: [{user: a, password: !secret a}]}\n"
    text = (folder.path / "compound.yaml").read_text("utf-8")
    folder.compound(text[: text.index("mqtt:")] + account)
    folder.secrets("a: b\n")
    folder.devices(CAMERA + DOOR)


def test_the_shipped_example_of_a_tour_is_read_when_uncommented(root, folder):
    with_devices(folder)
    text = (root / "config/desk.yaml").read_text("utf-8")
    at = text.index("# tours:\n")
    tour = "".join(line.removeprefix("# ") + "\n" for line in text[at : text.index("\n\n", at)].split("\n"))
    write(folder, tour.replace("[gate, lane]", "[cam]"))
    [found] = folder.load().desk.tours
    assert (found.name.zh, found.cameras, found.dwell.total_seconds(), found.layout) == ("东门一圈", ("cam",), 15, 4)


def test_the_settings_of_cameras_and_commands_have_bounds(folder):
    with_devices(folder)
    write(
        folder,
        "tours:\n"
        "  - {name: t, cameras: [cam, camm]}\n"
        "  - {name: t, cameras: [cam], dwell: 1s}\n"
        "  - {name: t, cameras: [cam], layout: 2}\n"
        "commands: {confirm: [Unlock]}\n"
        "evidence: {export: everybody}\n",
    )
    found = folder.mistakes()
    assert [line.split(":")[1] for line in found] == ["2", "3", "4", "5", "6"]
    assert found[0] == "desk.yaml:2: 'cameras': device 'camm' does not exist, did you mean 'cam'?"
    assert found[1] == "desk.yaml:3: 'dwell': 1s is too short, write at least 3s"


def test_a_tour_shows_cameras_alone(folder):
    with_devices(folder)
    write(folder, "tours:\n  - {name: t, cameras: [cam, door]}\n")
    assert folder.mistakes() == ["desk.yaml:2: 'door' is no camera, use one of cam"]


def test_what_is_to_speak_can(folder):
    with_devices(folder)
    head = "announcements:\n  - id: leave\n    text: {zh: 走, en: go}\n    targets: "
    for targets, mistake in (
        ("[door]", "'door' takes no command 'announce', use one of unlock"),
        ("[{device: door, action: unlock, arguments: {minutes: 1}}]", "'unlock' of 'door' takes no argument 'minutes'"),
        ("[cam]", "'cam' takes no command 'announce', choose a door station or a loudspeaker"),
    ):
        write(folder, f"{head}{targets}\n")
        [found] = folder.mistakes()
        assert found.startswith(f"desk.yaml:4: {mistake}")
    write(folder, f"{head}[{{device: door, action: unlock, arguments: {{seconds: 3}}}}]\n")
    [announcement] = folder.load().desk.announcements
    assert announcement.targets[0].arguments == {"seconds": 3}


def tone(path, rate=16000, seconds=0.1, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(b"\0\0" * channels * int(rate * seconds))


def test_a_door_station_has_the_sound_of_each_announcement(folder):
    text = "announcements: [{id: leave, text: {zh: 走, en: go}, targets: [east]}]\n"
    write(folder, text)
    station = "stations: [{id: east, name: 门口机, uri: 'sip:a@10.0.0.2'}]"
    head = f"  - {{id: calls, kind: sip_intercom, name: i, place: gate/east, listen: 10.0.0.1:5060, {station}"
    tone(folder.path / "go.wav")
    for sounds, mistake in (
        ("", "desk.yaml:1: 'east' takes no command 'announce'"),
        (", sounds: {other: go.wav}", "desk.yaml:1: 'calls' has no sound 'leave'"),
        (", sounds: {leave: gone.wav}", "devices.yaml:2: 'leave': file 'gone.wav' does not exist"),
    ):
        folder.devices(f"{head}{sounds}}}")
        assert folder.mistakes()[0].startswith(mistake)
    folder.devices(f"{head}, sounds: {{leave: go.wav}}}}")
    assert folder.mistakes() == []


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        ({"rate": 11025}, "go.wav has 16 bits, 1 channels and 11025 Hz"),
        ({"channels": 2}, "go.wav has 16 bits, 2 channels and 16000 Hz"),
        ({"seconds": 121}, "go.wav lasts 121 s"),
        ({"seconds": 0}, "go.wav lasts 0 s"),
        (None, "go.wav is no WAV file"),
    ],
)
def test_a_sound_that_can_not_be_spoken_is_a_mistake(folder, given, mistake):
    path = folder.path / "go.wav"
    path.write_bytes(b"no sound") if given is None else tone(path, **given)
    folder.devices(
        "  - {id: calls, kind: sip_intercom, name: i, place: gate/east, listen: 10.0.0.1:5060, sounds: {a: go.wav}}"
    )
    [found] = folder.mistakes()
    assert mistake in found
