"""The configuration folder that baresip is started with: written by us, readable by us alone, deleted at the end."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.protocols.sip.sdp import SAMPLE_RATE
from gateway.protocols.sip.settings import SipSettings

NOT_INSTALLED_ZH = "没有安装对讲程序（baresip），请通知安装员"
MODULE_DIRS = tuple(
    Path(root) / "baresip" / "modules"
    for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
)
MAX_CALLS = 8
"""Ringing or answered at once; the next caller gets a busy signal."""
RING_TIMEOUT_S = 120
"""A call counts as missed after this, if its station does not give up earlier."""
RTP_PORTS = "10000-10999"
REGISTER_S = 600
_STATION_CODECS = "PCMA/8000/1,PCMU/8000/1,G722/16000/1"


@dataclass(frozen=True, slots=True)
class EngineAccounts:
    """The engine's three accounts, as SIP addresses: for stations, for our audio leg and for the desk phone.

    Nobody outside can call the last two: their user names are random.
    """

    stations: str
    audio: str = field(default_factory=lambda: f"sip:talk-{secrets.token_hex(8)}@127.0.0.1")
    desk_phone: str = ""

    @classmethod
    def of(cls, settings: SipSettings) -> EngineAccounts:
        """With new random names."""
        host = settings.registrar or settings.listen.host
        desk_phone = f"sip:desk-{secrets.token_hex(8)}@{settings.listen.host}"
        return cls(f"sip:{settings.user}@{host}", desk_phone=desk_phone)


@contextmanager
def config_folder(settings: SipSettings, accounts: EngineAccounts, control_port: int) -> Iterator[Path]:
    """Write the folder; `control_port` is for the control connection. Raises LinkLost without baresip's modules."""
    modules = next((path for path in MODULE_DIRS if path.is_dir()), None)
    if modules is None:
        raise LinkLost(Words(NOT_INSTALLED_ZH, "baresip's modules are not installed: apt-get install baresip-core"))
    with tempfile.TemporaryDirectory(prefix="anju-sip-") as temporary:
        folder = Path(temporary)  # mode 0700
        _write(folder / "config", _config(settings, modules, folder, control_port))
        _write(folder / "accounts", _accounts(settings, accounts))
        _write(folder / "contacts", "")
        yield folder


def delete_passwords(folder: Path) -> None:
    """Call once baresip has read them: a gateway that is killed leaves the folder behind."""
    (folder / "accounts").unlink()


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _config(settings: SipSettings, modules: Path, folder: Path, control_port: int) -> str:
    """`net_interface` takes an address; `lo` would fail.

    All calls use one sample rate: the bridge does not resample.
    """
    return f"""\
poll_method epoll
module_path {modules}
sip_listen {settings.listen}
net_interface {settings.listen.host}
ctrl_tcp_listen 127.0.0.1:{control_port}
call_local_timeout {RING_TIMEOUT_S}
call_max_calls {MAX_CALLS}
audio_path {folder}
audio_player aubridge,idle
audio_source aubridge,idle
audio_alert aubridge,idle
ausrc_srate {SAMPLE_RATE}
auplay_srate {SAMPLE_RATE}
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
jitter_buffer_delay 1-10
rtp_ports {RTP_PORTS}
menu_bell no
ringback_disabled yes
statmode_default off
module_tmp account.so
module g711.so
module g722.so
module l16.so
module aubridge.so
module_app ctrl_tcp.so
module_app menu.so
"""


def _accounts(settings: SipSettings, accounts: EngineAccounts) -> str:
    """The station's audio goes to the bridge `ear` and comes from `mouth`; for the guard's side it is reversed."""
    login = ";regint=0"
    if settings.password is not None:
        password = settings.password.get_secret_value()
        login = f";regint={REGISTER_S};auth_user={settings.user};auth_pass={password}"
    station_side = f";audio_source=aubridge,mouth;audio_player=aubridge,ear;audio_codecs={_STATION_CODECS}"
    guard_side = ";regint=0;audio_source=aubridge,ear;audio_player=aubridge,mouth"
    return (
        f"<{accounts.stations}>{login}{station_side}\n"
        f"<{accounts.audio}>{guard_side};audio_codecs=L16/{SAMPLE_RATE}/1\n"
        f"<{accounts.desk_phone}>{guard_side};audio_codecs={_STATION_CODECS}\n"
    )
