import pytest

COMPOUND = "name: x\nmqtt: {endpoint: {}, accounts: [{user: b3, password: !secret b3}]}\n"


def test_a_secret_out_of_its_file(folder):
    folder.compound(COMPOUND)
    folder.secrets("b3: 007")
    configuration = folder.load()
    assert configuration.compound.mqtt.accounts[0].password.get_secret_value() == "007"
    assert "007" not in configuration.text


def test_systemd_credentials_come_first(folder, tmp_path, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "b3").write_text("from systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    folder.compound(COMPOUND)
    assert folder.load().compound.mqtt.accounts[0].password.get_secret_value() == "from systemd"


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"\xff\xfe"), lambda file: file.mkdir()])
def test_a_credential_that_is_no_text_is_told_where_it_is_used(folder, tmp_path, monkeypatch, spoil):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    spoil(credentials / "panel")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    folder.panel("password: !secret panel")
    (mistake,) = folder.mistakes()
    assert mistake.startswith("devices.yaml:2: the credential 'panel' can't be read (")


def test_secrets_that_others_may_read(folder):
    folder.compound(COMPOUND)
    folder.secrets("b3: x", mode=0o644)
    (mistake,) = folder.mistakes()
    assert mistake.startswith("secrets.yaml:1: others may read the secrets (mode 0644), run: chmod 600 ")


def test_a_secret_that_is_not_there_is_told_where_it_is_used(folder):
    folder.compound(COMPOUND)
    folder.secrets("b4: x")
    (mistake,) = folder.mistakes()
    assert mistake.startswith("compound.yaml:2: secret 'b3' is not found")


def test_a_secret_is_never_shown_in_a_mistake(folder):
    folder.secrets("b3: hunter2\nlist: [hunter2]\n")
    folder.compound(
        "name: !secret b3\nhttp: {listen: !secret b3}\nvision: {workers: !secret b3}\nplaces: {gate/east: 东}"
    )
    folder.panel("url: !secret b3, baud: !secret b3")
    mistakes = folder.mistakes()
    assert len(mistakes) == 5
    assert "hunter2" not in "\n".join(mistakes)


def test_a_demonstration_may_show_its_passwords_but_the_journal_does_not(folder):
    folder.compound(
        "name: x\ndemo: true\nmqtt: {accounts: [{user: b3, password: open-sesame}]}\nplaces: {gate/east: 东}"
    )
    folder.panel("url: 'http://admin:geheim@10.0.0.8/', password: 'p.w'")
    configuration = folder.load()
    assert configuration.compound.mqtt.accounts[0].password.get_secret_value() == "open-sesame"
    for secret in ("open-sesame", "geheim", "p.w"):
        assert secret not in configuration.text


@pytest.mark.parametrize("name", ["../b3", ".hidden"])
def test_a_secret_stays_in_its_folder(folder, tmp_path, monkeypatch, name):
    (tmp_path / "b3").write_text("elsewhere")
    (tmp_path / ".hidden").write_text("elsewhere")
    (tmp_path / "credentials").mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    folder.compound(COMPOUND.replace("!secret b3", f"!secret {name}"))
    assert "is not found" in folder.mistakes()[0]


def test_an_address_that_holds_a_password_is_a_secret_as_a_whole(folder):
    folder.panel("url: 'http://admin:geheim@10.0.0.8/'")
    (mistake,) = folder.mistakes()
    assert mistake == (
        "devices.yaml:2: a password stands in this address, "
        "put the whole address into secrets.yaml and write '!secret NAME'"
    )
    folder.secrets("cam: http://admin:geheim@10.0.0.8/")
    folder.panel("url: !secret cam")
    assert folder.mistakes() == []


@pytest.mark.parametrize(
    "written",
    [
        "password: 'p@ss:w/#1'",
        'password: "p@ss:w/#1"',
        'password: "p@ss\\x3aw/#1"',
        "password: p@ss:w/#1",
        "url: 'http://admin:p@ss:w/#1@10.0.0.8/'",
        "url: 'http://10.0.0.8/user=admin_password=p@ss:w/#1_channel=1'",
    ],
)
def test_the_journal_keeps_no_secret_however_it_is_written(folder, written):
    folder.compound(
        "name: x\ndemo: true\nplaces: {gate/east: 东}\n# was rtsp://admin:p@ss:w/#1@10.0.0.8/1, 密码：p@ss:w/#1"
    )
    folder.panel(written)
    text = read_text(folder)
    assert "p@ss" not in text
    assert "w/#1" not in text


def read_text(folder):
    """What would be stored; an address that can't be tried is masked all the same."""
    from gateway.config.document import Document
    from gateway.config.load import _masked
    from gateway.config.yaml_reader import read_yaml
    from gateway.settings.secrets import Secrets

    files: list[Document] = []
    for name in ("compound.yaml", "devices.yaml"):
        path = folder.path / name
        files.append(read_yaml(path, path, Secrets(path, {})))
    return _masked(files, ["p@ss:w/#1"])
