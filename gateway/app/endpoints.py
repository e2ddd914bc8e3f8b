"""Makes the MQTT endpoint and the broker client that compound.yaml declares, and checks addresses to listen on."""

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
from gateway.links.listen_settings import bind_socket
from gateway.links.mqtt.broker_settings import BrokerSettings
from gateway.links.mqtt.client import BrokerClient
from gateway.links.mqtt.endpoint import EndpointSettings, MqttEndpoint
from gateway.links.mqtt.limits import EndpointLimits


def check_free(configuration: Configuration) -> None:
    """Raises ConfigError that names the key of an address that can't be bound, before anything has started.

    The sockets are bound and closed without listening: whoever waits for the port would take the gateway for ready.
    """
    for loc, listen in listen_addresses(configuration.compound):
        try:
            bind_socket("tcp", listen.host, listen.port).close()
        except LinkLost as error:
            low = isinstance(error.__cause__, PermissionError)
            fix = "give it the right that anju.service describes" if low else "end that, or write another"
            what = f"'{'.'.join(map(str, loc))}': {error}"
            raise ConfigError([Mistake(configuration.directory / "compound.yaml", 1, what, fix)]) from error


def make_endpoint(
    mqtt: Mqtt, context: ssl.SSLContext | None, quarantine: Quarantine, refusals: RefusalLog, connections: int
) -> MqttEndpoint | None:
    """The gateway's own MQTT endpoint, without accounts yet; None when the YAML has none.

    `connections` is how many the process has descriptors for.
    """
    if mqtt.endpoint is None:
        return None
    tls = mqtt.endpoint.tls
    settings = EndpointSettings(mqtt.endpoint.listen.host, mqtt.endpoint.listen.port)
    if tls is not None:
        settings = EndpointSettings(settings.host, settings.port, context, tls.listen.host, tls.listen.port)
    limits = EndpointLimits(
        connections=connections,
        per_account=min(mqtt.endpoint.per_account, connections),
        per_address=min(mqtt.endpoint.per_address, connections),
    )
    return MqttEndpoint(settings, {}, quarantine.keep, limits, refusals)


def make_broker_client(mqtt: Mqtt, quarantine: Quarantine, folder: Path) -> BrokerClient | None:
    """The client of the compound's broker; None when the YAML has none. `folder` holds our own client id."""
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
