"""Addresses that another program has are told before anything begins."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from gateway.app import open_gateway
from gateway.cli import main
from gateway.config import load
from gateway.errors import ConfigError
from tests.support.gateway import TestCompound, TestDevice


@pytest.fixture
def compound(tmp_path):
    made = TestCompound(tmp_path / "config", [TestDevice("d1")])
    made.write()
    return made


@pytest.mark.parametrize("door", ["http", "mqtt"])
async def test_a_port_that_is_taken_is_told_by_its_key_and_nothing_has_begun(compound, tmp_path, door):
    port = compound.http_port if door == "http" else compound.mqtt_port
    key = "http.listen" if door == "http" else "mqtt.endpoint.listen"
    told = f"compound.yaml:1: '{key}': can't listen on tcp .*:{port}: Address already in"
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ConfigError, match=told):
        async with open_gateway(load(compound.folder), tmp_path / "data"):
            pytest.fail("it runs")
    assert not (tmp_path / "data").exists()


def test_a_second_gateway_on_the_same_data_is_refused(compound, tmp_path):
    with socket.socket(socket.AF_UNIX) as first:
        first.bind(str(tmp_path / "control.sock"))
        first.listen()
        said = CliRunner().invoke(main, ["run", str(compound.folder), "--data", str(tmp_path)])
    assert said.exit_code == 1
    assert "a gateway already runs on" in said.output
    assert "give another --data" in said.output
