"""The folder that baresip is started on: written by us, for us alone, gone with the engine."""

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
from gateway.protocols.sip.sdp import RATE
from gateway.protocols.sip.settings import SipSettings

MISSING = "没有安装对讲程序（baresip），请通知安装员"
MODULES = tuple(
    Path(root) / "baresip" / "modules"
    for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
)
MOST_CALLS = 8
"""That ring or are open at once; the next hears busy."""
RING_S = 120
"""A call is taken for missed after this, if its station does not give up earlier."""
RTP_PORTS = "10000-10999"
REGISTER_S = 600
_CODECS = "PCMA/8000/1,PCMU/8000/1,G722/16000/1"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The engine's three ends, by their addresses: stations', ours and the desk phone's.

    Nobody outside can call the last two: their users are made up anew each time.
    """

    stations: str
    talk: str = field(default_factory=lambda: f"sip:talk-{secrets.token_hex(8)}@127.0.0.1")
    desk: str = ""

    @classmethod
    def of(cls, settings: SipSettings) -> Accounts:
        host = settings.registrar or settings.listen.host
        desk = f"sip:desk-{secrets.token_hex(8)}@{settings.listen.host}"
        return cls(f"sip:{settings.user}@{host}", desk=desk)


@contextmanager
def written(settings: SipSettings, accounts: Accounts, control: int) -> Iterator[Path]:
    """The folder, ready; `control` is the port of the control connection. Raises LinkLost without baresip's modules."""
    modules = next((path for path in MODULES if path.is_dir()), None)
    if modules is None:
        raise LinkLost(Words(MISSING, "baresip's modules are not installed: apt-get install baresip-core"))
    with tempfile.TemporaryDirectory(prefix="anju-sip-") as made:
        folder = Path(made)  # mode 0700
        _write(folder / "config", _config(settings, modules, folder, control))
        _write(folder / "accounts", _accounts(settings, accounts))
        _write(folder / "contacts", "")
        yield folder


def forget_password(folder: Path) -> None:
    """Baresip has read it; a gateway that is killed leaves the folder behind."""
    (folder / "accounts").unlink()


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _config(settings: SipSettings, modules: Path, folder: Path, control: int) -> str:
    """`net_interface` takes an address; `lo` would fail. One rate for all calls: the bridge does not resample."""
    return f"""\
poll_method epoll
module_path {modules}
sip_listen {settings.listen}
net_interface {settings.listen.host}
ctrl_tcp_listen 127.0.0.1:{control}
call_local_timeout {RING_S}
call_max_calls {MOST_CALLS}
audio_path {folder}
audio_player aubridge,idle
audio_source aubridge,idle
audio_alert aubridge,idle
ausrc_srate {RATE}
auplay_srate {RATE}
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


def _accounts(settings: SipSettings, accounts: Accounts) -> str:
    """The station's sound goes to `ear` and comes from `mouth`; who talks for the guard has it the other way round."""
    login = ";regint=0"
    if settings.password is not None:
        password = settings.password.get_secret_value()
        login = f";regint={REGISTER_S};auth_user={settings.user};auth_pass={password}"
    station_side = f";audio_source=aubridge,mouth;audio_player=aubridge,ear;audio_codecs={_CODECS}"
    guard_side = ";regint=0;audio_source=aubridge,ear;audio_player=aubridge,mouth"
    return (
        f"<{accounts.stations}>{login}{station_side}\n"
        f"<{accounts.talk}>{guard_side};audio_codecs=L16/{RATE}/1\n"
        f"<{accounts.desk}>{guard_side};audio_codecs={_CODECS}\n"
    )
