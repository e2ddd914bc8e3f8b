"""How many file descriptors there are, and who may have how many: the web must leave alarms theirs.

A connection is a descriptor. MQTT devices and alarm receivers get their share whatever the web is asked for, and
what is left over is for serial lines, cameras, the record and its files.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass

import structlog

from gateway.config.configuration import Configuration
from gateway.web.connections import MAX_CONNECTIONS

log = structlog.get_logger(__name__)
ENOUGH = 65_536
"""More than this is not asked for, even where the hard limit is higher."""
OWN = 128
"""The record, keys, modules, log, timers and the control socket."""
A_DEVICE = 4
"""Serial ports, cameras' sockets and pipes, for each device of the YAML."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Connections at once: of the web (where a film being sent is a second descriptor), of MQTT, of one receiver."""

    web: int
    mqtt: int
    receiver: int


def raise_limit() -> int:
    """The process may have as many as the system lets it; returns how many those are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        log.info("the limit of open files is raised", before=soft, now=wanted)
        return wanted
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def shares(limit: int, configuration: Configuration) -> Shares:
    """As much as the YAML asks for, or in proportion where `limit` is too low for that; the log says so then."""
    endpoint = configuration.compound.mqtt.endpoint
    mqtt = endpoint.connections if endpoint else 0
    receivers = [at_once(each.settings) for each in configuration.devices if at_once(each.settings)]
    wanted = 2 * MAX_CONNECTIONS + mqtt + sum(receivers)
    there_is = max(0, limit - OWN - A_DEVICE * len(configuration.all_devices()))
    if wanted <= there_is:
        return Shares(MAX_CONNECTIONS, mqtt, max(receivers, default=0))
    part = there_is / wanted
    low = Shares(_least(MAX_CONNECTIONS, part), _least(mqtt, part), _least(max(receivers, default=0), part))
    log.warning(
        "open files are few: fewer connections are taken than configured; raise LimitNOFILE",
        open_files=limit,
        web=low.web,
        mqtt=low.mqtt,
        receiver=low.receiver,
    )
    return low


def at_once(settings: object) -> int:
    """Connections that a device's settings let in at once; 0 where nobody comes in."""
    most = getattr(settings, "connections", 0) if hasattr(settings, "listen") else 0
    return most if isinstance(most, int) else 0


def _least(most: int, part: float) -> int:
    return max(1, int(most * part))
