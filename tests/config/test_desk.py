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


def test_the_report_goes_to_notifiers_that_there_are_at_times_of_a_clock(folder):
    write(folder, "report:\n  day: '20:00'\n  night: '08:00'\n  notifiers: [boss]\n")
    assert any("there is no notifier 'boss'" in line for line in folder.mistakes())
    write(folder, "report:\n  at: 8h\n")
    assert any("'8h' is no time of the day, write it like '08:00'" in line for line in folder.mistakes())
    write(folder, "report:\n  day: '20:00'\n  night: '08:00'\n")
    assert any("does not begin after the day shift" in line for line in folder.mistakes())
    write(folder, "report:\n  day: '08:10'\n")
    assert any("08:10 is no full quarter of an hour" in line for line in folder.mistakes())
