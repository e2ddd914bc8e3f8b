"""The connections that each server may have, out of the process's file descriptors."""

from __future__ import annotations

import resource
from types import SimpleNamespace

import pytest

from gateway.app import file_descriptors
from gateway.web.connections import MAX_CONNECTIONS


def configuration(mqtt: int | None, *receivers: int) -> SimpleNamespace:
    devices = [SimpleNamespace(settings=SimpleNamespace(listen="x", connections=most)) for most in receivers]
    endpoint = None if mqtt is None else SimpleNamespace(connections=mqtt)
    compound = SimpleNamespace(mqtt=SimpleNamespace(endpoint=endpoint))
    return SimpleNamespace(compound=compound, devices=devices, all_devices=lambda: devices)


@pytest.mark.parametrize("limit", [256, 1024, 4096, 65_536])
def test_all_connections_together_leave_some_descriptors(limit: int) -> None:
    wanted = configuration(2000, 500, 500)
    share = file_descriptors.connection_limits(limit, wanted)  # type: ignore[arg-type]
    assert 2 * share.web + share.mqtt + 2 * share.receiver <= limit - file_descriptors.OWN_DESCRIPTORS
    assert min(share.web, share.mqtt, share.receiver) >= 1
    if limit >= 8192:
        assert share == file_descriptors.ConnectionLimits(MAX_CONNECTIONS, 2000, 500)


def test_without_mqtt_and_receivers_the_web_has_all_it_wants() -> None:
    assert file_descriptors.connection_limits(65_536, configuration(None)) == file_descriptors.ConnectionLimits(
        MAX_CONNECTIONS, 0, 0
    )  # type: ignore[arg-type]


def test_the_soft_limit_becomes_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
        assert file_descriptors.raise_limit() == min(hard, file_descriptors.MAX_DESCRIPTORS)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, file_descriptors.MAX_DESCRIPTORS)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
