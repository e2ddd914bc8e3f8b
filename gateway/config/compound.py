"""The settings of compound.yaml: name, servers, MQTT, vision, retention, buildings and places."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from gateway.model import PLACE_PATH, Words
from gateway.settings.addresses import HttpAddress, ListenAddress, parse_listen
from gateway.settings.context import Context, ExistingFile, PlaceRef
from gateway.settings.durations import PositiveDuration, parse_duration
from gateway.settings.mend import AS_WRITTEN, Wrong
from gateway.settings.secrets import Secret
from gateway.settings.section import Section
from gateway.settings.timezones import TimeZoneName
from gateway.vision.settings.faces import FaceSection

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The first character of a civil number plate (GA 36-2018)."""


class Bilingual(Section):
    """A name in both languages of the screen."""

    zh: Annotated[str, Field(min_length=1, max_length=80)]
    en: Annotated[str, Field(min_length=1, max_length=80)]

    @property
    def words(self) -> Words:
        """The name as `Words`."""
        return Words(self.zh, self.en)


def _both(value: object) -> object:
    if isinstance(value, int | float):
        raise Wrong(f"{AS_WRITTEN} is no name", f"put it in quotes: '{AS_WRITTEN}'", value=value)
    return {"zh": value, "en": value} if isinstance(value, str) else value


_NAME_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
            "required": ["zh", "en"],
            "additionalProperties": False,
        },
    ]
}
Name = Annotated[Bilingual, BeforeValidator(_both), WithJsonSchema(_NAME_SCHEMA)]


def _place_path(value: str) -> str:
    if not PLACE_PATH.fullmatch(value):
        raise Wrong(f"{value!r} is no place path", "use a-z, 0-9, '-', '_', with '/' between, such as gate/east")
    return value


PlacePath = Annotated[str, AfterValidator(_place_path)]


def _province(value: str) -> str:
    if len(value) != 1 or value not in PROVINCES:
        meant = next((letter for letter in PROVINCES if letter in value), None)
        mend = f"did you mean {meant!r}?" if meant else f"write one of {PROVINCES}"
        raise Wrong(f"{value!r} begins no number plate", mend)
    return value


class Tls(Section):
    """A certificate for HTTPS or MQTT, and its key; paths are relative to this folder."""

    certificate: Annotated[ExistingFile, Field(description="PEM, with the chain")]
    key: Annotated[ExistingFile, Field(description="PEM, readable by the daemon only")]

    @model_validator(mode="after")
    def _is_a_pair(self, info: ValidationInfo) -> Self:
        if isinstance(info.context, Context):  # without one, e.g. in a schema, there are no files
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key, _no_password)
            except PermissionError:
                return self  # `anju check` may run as a user who can't read the key
            except (ssl.SSLError, OSError) as error:
                what = f"{self.certificate.name} and {self.key.name} are no certificate and its key"
                why = getattr(error, "reason", None) or error
                raise Wrong(f"{what} ({why})", "put both there as PEM, the key without a password") from None
        return self


def _no_password() -> str:
    """Without this callback OpenSSL would ask for a password on the terminal."""
    return ""


class Http(Section):
    """The web server."""

    listen: Annotated[ListenAddress, Field(description="host:port of the guard room")] = parse_listen("127.0.0.1:8080")
    tls: Annotated[Tls | None, Field(description="HTTPS with this certificate")] = None


class MqttTls(Tls):
    """MQTT over TLS, on a port of its own."""

    listen: Annotated[ListenAddress, Field(description="host:port for MQTT over TLS")]


class MqttEndpointSection(Section):
    """The gateway's own MQTT endpoint for devices: a message is acknowledged once it is on disk."""

    listen: Annotated[ListenAddress, Field(description="host:port for MQTT devices")] = parse_listen("127.0.0.1:1883")
    connections: Annotated[int, Field(ge=1, le=20_000, description="devices connected at once")] = 2000
    per_account: Annotated[int, Field(ge=1, le=20_000, description="of these with one account, such as a bridge")] = 500
    per_address: Annotated[
        int, Field(ge=1, le=20_000, description="of these from one address; behind NAT many devices share one")
    ] = 1000
    tls: Annotated[MqttTls | None, Field(description="a second port, encrypted")] = None


class Broker(Section):
    """An external broker (Mosquitto, EMQX) to which the gateway connects as a client."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    user: str | None = None
    password: Secret | None = None
    client_id: Annotated[
        str | None,
        Field(min_length=1, description="identifies the session; default: one generated for the data folder"),
    ] = None
    tls: Annotated[bool, Field(description="TLS, checked against the system's certificates")] = False
    ca: Annotated[ExistingFile | None, Field(description="or checked against this authority")] = None


class MqttAccount(Section):
    """An account for the endpoint; devices refer to it by `account`."""

    user: Annotated[str, Field(min_length=1, max_length=128)]
    password: Secret


class Mqtt(Section):
    """How devices connect by MQTT: to the gateway's own endpoint, through a broker, or both."""

    endpoint: Annotated[MqttEndpointSection | None, Field(description="the gateway's own endpoint")] = None
    broker: Annotated[Broker | None, Field(description="a broker that the gateway connects to")] = None
    accounts: Annotated[tuple[MqttAccount, ...], Field(description="accounts for the endpoint")] = ()


class Vision(Section):
    """Settings of the camera workers."""

    workers: Annotated[int, Field(ge=1, le=32, description="worker processes for the cameras")] = 1
    glances: Annotated[
        float,
        Field(
            gt=0,
            le=100,
            description="percent of a core for cameras whose packet sizes say nothing (noise, constant bit rate)",
        ),
    ] = 3.0
    faces: FaceSection = FaceSection()


class Retention(Section):
    """How long data is kept before it is purged."""

    signals: PositiveDuration = parse_duration("90d")
    snapshots: PositiveDuration = parse_duration("30d")
    quarantine: PositiveDuration = parse_duration("30d")
    clips: Annotated[PositiveDuration, Field(description="recordings; those of real alarms are kept")] = parse_duration(
        "30d"
    )


class Building(Section):
    """A building (楼栋), such as place b3; its units become b3/u1 … and its rooms b3/u1/101 …"""

    id: PlacePath
    name: Name
    units: Annotated[int, Field(ge=1, le=40, description="单元数")] = 1
    floors: Annotated[int, Field(ge=1, le=99, description="层数")]
    rooms: Annotated[int, Field(ge=1, le=99, description="rooms of one unit on one floor (每层户数)")]
    skip_floors: Annotated[tuple[int, ...], Field(description="floor numbers that are left out, such as 4 and 14")] = ()


def certificates_of(compound: CompoundSettings) -> dict[str, Tls]:
    """The certificates of the gateway's own servers, by their keys in compound.yaml."""
    endpoint = compound.mqtt.endpoint
    found = {"http.tls": compound.http.tls, "mqtt.endpoint.tls": endpoint.tls if endpoint else None}
    return {key: tls for key, tls in found.items() if tls is not None}


def _address(values: Mapping[str, Any]) -> str:
    http = values.get("http") or Http()
    return f"{'https' if http.tls else 'http'}://{http.listen}"


class CompoundSettings(Section):
    """compound.yaml"""

    name: Annotated[str, Field(min_length=1, max_length=80, description="the compound's name (小区名称)")]
    language: Annotated[Literal["zh", "en"], Field(description="the console's language")] = "zh"
    timezone: Annotated[TimeZoneName, Field(description="such as Asia/Shanghai")] = "Asia/Shanghai"
    property_phone: Annotated[str, Field(max_length=40, description="shown on door plates (物业电话)")] = ""
    home_province: Annotated[
        str | None, AfterValidator(lambda value: value and _province(value)), Field(description="省份简称, such as 苏")
    ] = None
    http: Http = Http()
    public_url: HttpAddress = Field(
        default_factory=_address, description="the address on door plates; default: http.listen"
    )
    mqtt: Mqtt = Mqtt()
    vision: Vision = Vision()
    retention: Retention = Retention()
    buildings: Annotated[tuple[Building, ...], Field(description="楼栋")] = ()
    places: Annotated[dict[PlacePath, Name], Field(description="other places: path: name")] = Field(
        default_factory=dict
    )
    near: Annotated[
        tuple[Annotated[tuple[PlaceRef, ...], Field(min_length=2)], ...],
        Field(description="groups of places that are neighbours: a fence zone, the lane behind it, the camera's place"),
    ] = ()
    demo: Annotated[bool, Field(description="a demonstration: passwords may be in plain text")] = False
