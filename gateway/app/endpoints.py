"""The doors that devices come in by, opened as compound.yaml says."""

from __future__ import annotations

import ssl
from pathlib import Path

from gateway.app.mqtt_client_id import gateway_client_id
from gateway.config.compound import Broker, Mqtt
from gateway.config.configuration import Configuration
from gateway.config.cross_checks import listen_addresses
from gateway.errors import ConfigError, LinkLost, Mistake
from gateway.flow.emitter import Quarantine
from gateway.limits import RefusalLog
from gateway.links.listen_settings import claimed
from gateway.links.mqtt.client import BrokerClient
from gateway.links.mqtt.endpoint import Endpoint, EndpointSettings
from gateway.links.mqtt.paho_connection import BrokerSettings
from gateway.links.mqtt.rate_limit import Limits


def check_free(configuration: Configuration) -> None:
    """Raises ConfigError that names the key, for an address that can't be had: before anything has begun.

    Nothing listens there meanwhile: who waits for the port would take the gateway for ready.
    """
    for loc, listen in listen_addresses(configuration.compound):
        try:
            claimed("tcp", listen.host, listen.port).close()
        except LinkLost as error:
            low = isinstance(error.__cause__, PermissionError)
            mend = "give it the right that anju.service tells of" if low else "end that, or write another"
            what = f"'{'.'.join(map(str, loc))}': {error}"
            raise ConfigError([Mistake(configuration.directory / "compound.yaml", 1, what, mend)]) from error


def make_endpoint(
    mqtt: Mqtt, context: ssl.SSLContext | None, quarantine: Quarantine, refusals: RefusalLog, connections: int
) -> Endpoint | None:
    """The gateway's own MQTT endpoint, which admits nobody yet; None when the YAML has none."""
    if mqtt.endpoint is None:
        return None
    tls = mqtt.endpoint.tls
    settings = EndpointSettings(mqtt.endpoint.listen.host, mqtt.endpoint.listen.port)
    if tls is not None:
        settings = EndpointSettings(settings.host, settings.port, context, tls.listen.host, tls.listen.port)
    limits = Limits(
        connections=connections,
        per_account=min(mqtt.endpoint.per_account, connections),
        per_address=min(mqtt.endpoint.per_address, connections),
    )
    return Endpoint(settings, {}, quarantine.keep, limits, refusals)


def make_broker_client(mqtt: Mqtt, quarantine: Quarantine, folder: Path) -> BrokerClient | None:
    """The client of a broker of the compound's own; None when the YAML has none."""
    return None if mqtt.broker is None else BrokerClient(_broker_settings(mqtt.broker, folder), quarantine.keep)


def _broker_settings(broker: Broker, folder: Path) -> BrokerSettings:
    password = broker.password.get_secret_value() if broker.password else None
    return BrokerSettings(
        host=broker.host,
        port=broker.port,
        user=broker.user,
        password=password,
        client_id=broker.client_id or gateway_client_id(folder),
        tls=_client_context(broker) if broker.tls or broker.ca else None,
    )


def _client_context(broker: Broker) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=broker.ca)
