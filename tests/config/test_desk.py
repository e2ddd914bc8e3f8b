"""desk.yaml: optional, with defaults; mistakes with line and fix."""

from datetime import timedelta

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
