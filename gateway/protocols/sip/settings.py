"""Settings of the guard room's SIP telephone and of the door stations that call it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from gateway.driver import DriverSettings
from gateway.protocols.sip.sound import SoundFile
from gateway.settings.addresses import Listen, ListenAddress
from gateway.settings.context import DeviceRef, PlaceRef
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

_URI = re.compile(r"sip:(?P<user>[A-Za-z0-9._~+*#-]+)@(?P<host>[A-Za-z0-9.-]+)(?P<port>:[0-9]{1,5})?")
_USER = re.compile(r"[A-Za-z0-9._~+-]{1,40}")
_REGISTRAR = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_PASSWORD = re.compile(r"[^\s\";<>,\\]{1,64}")
SOUND_ID = r"^[a-z0-9][a-z0-9_-]{0,39}$"
DTMF = r"^[0-9*#A-D]{1,16}$"


@dataclass(frozen=True, slots=True)
class SipIdentity:
    """User and host of a SIP address, by which callers are recognised, without port and parameters."""

    user: str
    host: str

    @classmethod
    def of(cls, uri: str) -> SipIdentity | None:
        """None for what is no SIP address."""
        match = _URI.match(uri)
        return cls(match["user"], match["host"].lower().rstrip(".")) if match else None


def _uri(value: str) -> str:
    if not _URI.fullmatch(value):
        raise Wrong(f"{value!r} is no SIP address", "write one like sip:gate-east@192.168.1.31")
    return value


SipUri = Annotated[str, AfterValidator(_uri)]


class Unlock(BaseModel):
    """How the door at a station is opened: by keys sent in the call, or by a command to another device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dtmf: Annotated[str | None, Field(pattern=DTMF, description="the keys that the station opens on, such as #")] = None
    device: Annotated[DeviceRef | None, Field(description="the device that opens the door")] = None
    action: Annotated[str, Field(description="its command")] = "unlock"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.dtmf is None) == (self.device is None):
            raise Wrong("a door is opened one way", "write dtmf, or device and action")
        return self


class Station(BaseModel):
    """One door station (门口机), as a device of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(description="its id in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None
    uri: Annotated[SipUri, Field(description="its own SIP address, from which it calls and at which it is called")]
    camera: Annotated[DeviceRef | None, Field(description="shown with the call; by default one at its place")] = None
    unlock: Unlock | None = None

    @property
    def identity(self) -> SipIdentity:
        """By which its calls are recognised."""
        identity = SipIdentity.of(self.uri)
        assert identity, "SipUri is checked"
        return identity


class SipSettings(DriverSettings):
    """The address to listen on, the user, an optional registrar and desk phone, the stations and recorded texts."""

    listen: Annotated[
        ListenAddress, Field(description="this machine's address that stations call, and the port: 192.168.1.10:5060")
    ]
    user: Annotated[str, Field(description="the user that stations call: sip:USER@this machine")] = "guard"
    registrar: Annotated[str | None, Field(description="host or host:port of a PBX where the user signs in")] = None
    password: Annotated[Secret | None, Field(description="of the user at the registrar, as !secret NAME")] = None
    desk_phone: Annotated[
        SipUri | None, Field(description="a telephone that rings with every call; the first to answer gets the call")
    ] = None
    stations: tuple[Station, ...] = ()
    sounds: Annotated[
        Mapping[Annotated[str, Field(pattern=SOUND_ID)], SoundFile],
        Field(max_length=100, description="recorded texts for announcements, id: file.wav; adds the command announce"),
    ] = Field(default_factory=dict)

    @field_validator("listen")
    @classmethod
    def _an_address(cls, value: Listen) -> Listen:
        """The engine tells stations where to send audio, so one address of this machine is needed."""
        try:
            address = ipaddress.ip_address(value.host)
        except ValueError:
            address = None
        # 0.0.0.0 would be sent to stations as the address for their audio.
        if address is None or address.is_unspecified or address.version != 4:
            raise Wrong(f"{value.host!r} is no address of one network", "write this machine's IPv4 address")
        if not value.port:
            raise Wrong("port 0 can't be called", "write 5060")
        return value

    @field_validator("user")
    @classmethod
    def _a_user(cls, value: str) -> str:
        if not _USER.fullmatch(value):
            raise Wrong(f"{value!r} is no SIP user", "use letters, digits and . _ ~ + -, such as guard or 100")
        return value

    @field_validator("registrar")
    @classmethod
    def _a_registrar(cls, value: str | None) -> str | None:
        if value is not None and not _REGISTRAR.fullmatch(value):
            raise Wrong(f"{value!r} is no host", "write the PBX as host or host:port")
        return value

    @field_validator("password")
    @classmethod
    def _a_password(cls, value: SecretStr | None) -> SecretStr | None:
        # baresip's accounts file has no escaping for these characters.
        if value is not None and not _PASSWORD.fullmatch(value.get_secret_value()):
            raise Wrong("the password can't be written for the engine", 'use one without spaces and " ; < > , \\')
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.registrar is None) != (self.password is None):
            raise Wrong("registrar and password go together", "write both, or neither")
        identities = [station.identity for station in self.stations]
        for index, identity in enumerate(identities):
            if identity in identities[:index]:
                what = f"{self.stations[index].uri} is used by two stations"
                raise Wrong(what, "give each its own", ("stations", index, "uri"))
        return self
