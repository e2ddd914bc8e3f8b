"""Divides the file descriptors among the servers, so that web clients never take those that alarms need.

A connection is one descriptor. MQTT devices and alarm receivers get their share whatever the web is asked for; the
remaining ones are for serial ports, cameras, the database and other files.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass

import structlog

from gateway.config.configuration import Configuration
from gateway.web.connections import MAX_CONNECTIONS

log = structlog.get_logger(__name__)
MAX_DESCRIPTORS = 65_536
"""The limit is raised up to this, even where the hard limit is higher."""
OWN_DESCRIPTORS = 128
"""For the database, keys, modules, log, timers and the control socket."""
DESCRIPTORS_PER_DEVICE = 4
"""For the serial ports, cameras' sockets and pipes of each device in the YAML."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Simultaneous connections: of the web (a video being sent takes a second descriptor), of MQTT, of one receiver."""

    web: int
    mqtt: int
    receiver: int


def raise_limit() -> int:
    """Raise the process's limit up to MAX_DESCRIPTORS; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        log.info("raised the limit of open files", before=soft, now=wanted)
        return wanted
    return MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def connection_limits(limit: int, configuration: Configuration) -> ConnectionLimits:
    """The connections that the YAML asks for; reduced in proportion, with a warning, if `limit` is too low."""
    endpoint = configuration.compound.mqtt.endpoint
    mqtt = endpoint.connections if endpoint else 0
    receivers = [max_connections(each.settings) for each in configuration.devices if max_connections(each.settings)]
    # Twice the web's: a connection that sends a video has the file open too.
    wanted = 2 * MAX_CONNECTIONS + mqtt + sum(receivers)
    available = max(0, limit - OWN_DESCRIPTORS - DESCRIPTORS_PER_DEVICE * len(configuration.all_devices()))
    if wanted <= available:
        return ConnectionLimits(MAX_CONNECTIONS, mqtt, max(receivers, default=0))
    ratio = available / wanted
    low = ConnectionLimits(
        _scaled(MAX_CONNECTIONS, ratio), _scaled(mqtt, ratio), _scaled(max(receivers, default=0), ratio)
    )
    log.warning(
        "the limit of open files is low: fewer connections are accepted than configured; raise LimitNOFILE",
        open_files=limit,
        web=low.web,
        mqtt=low.mqtt,
        receiver=low.receiver,
    )
    return low


def max_connections(settings: object) -> int:
    """Simultaneous connections that a device's settings allow; 0 for a device that does not listen."""
    limit = getattr(settings, "connections", 0) if hasattr(settings, "listen") else 0
    return limit if isinstance(limit, int) else 0


def _scaled(limit: int, ratio: float) -> int:
    return max(1, int(limit * ratio))
