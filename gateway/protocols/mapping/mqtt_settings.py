"""The YAML of an MQTT device in another maker's format: its topics, and what its values mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.driver import DriverSettings
from gateway.links.mqtt.topics import covers, is_topic
from gateway.protocols.mapping.formats import FORMATS
from gateway.protocols.mapping.mapped_commands import MappedCommand, Topic
from gateway.protocols.mapping.paths import Path
from gateway.protocols.mapping.states import MappedEvent, MappedState
from gateway.settings.mend import Wrong


class MappedSettings(DriverSettings):
    """The YAML of a device."""

    format: Annotated[
        Literal["zigbee2mqtt", "tasmota", "shelly", "shelly_gen1", "ha_statestream", "json"],
        Field(description="whose format it is; shelly is its second generation and later"),
    ] = "json"
    base: Annotated[Topic, Field(description="the device's own topic, such as zigbee2mqtt/front_door")]
    via: Annotated[Literal["endpoint", "broker"], Field(description="the gateway's own endpoint, or a broker")] = (
        "broker"
    )
    account: Annotated[str, Field(description="its account at the endpoint, or its bridge's")] = ""
    topics: Annotated[
        tuple[Topic, ...], Field(description="subscribed to besides the format's; {base} is its own")
    ] = ()
    usual: Annotated[bool, Field(description="whether to use the format's usual states and events as well")] = True
    availability: Annotated[
        bool, Field(description="false: it sleeps between reports, so offline is no news; cadence watches it")
    ] = True
    states: Annotated[tuple[MappedState, ...], Field(description="what lasts; a signal when it changes")] = ()
    events: Annotated[tuple[MappedEvent, ...], Field(description="what happens; a signal each time")] = ()
    details: Annotated[Mapping[str, Path], Field(description="values that go along with every signal")] = {}
    commands: Mapping[str, MappedCommand] = {}

    @model_validator(mode="after")
    def _is_usable(self) -> Self:
        if self.via == "endpoint" and not self.account:
            raise Wrong("no account", "name one of compound.yaml's mqtt.accounts, or say via: broker", ("account",))
        if not (self.all_states() or self.all_events()):
            raise Wrong("this device would never report anything", "add states or events", ("states",))
        return self

    def hints(self) -> Iterable[tuple[str, str, tuple[str | int, ...]]]:
        """See DriverSettings."""
        if not is_topic(self.base):
            what = f"base {self.base!r} has a wildcard: every device below it would count as this one"
            yield what, "write one device's own topic, and an entry for each device", ("base",)

    def all_states(self) -> tuple[MappedState, ...]:
        """The YAML's, then the format's for paths that the YAML does not use."""
        own = {state.of for state in self.states}
        usual = FORMATS[self.format].states if self.usual else ()
        return (*self.states, *(state for state in usual if state.of not in own))

    def all_events(self) -> tuple[MappedEvent, ...]:
        """The YAML's, then the format's without the values that the YAML uses."""
        usual = FORMATS[self.format].events if self.usual else ()
        return (*self.events, *(left for event in usual if (left := event.without_values_of(self.events))))

    def all_topics(self) -> list[str]:
        """The topics to subscribe to, without those that a wildcard among them covers.

        At the endpoint the topics of commands are among them: it lets a device subscribe only to what its link claims.
        """
        form, commands = FORMATS[self.format], self.commands.values()
        topics = [*form.topics, *(one.topic for one in form.availability), *self.topics]
        rules = (*self.states, *self.events, *(command.confirm for command in commands))
        topics += [one.topic for one in rules if one.topic]
        if self.via == "endpoint":
            topics += [command.topic for command in commands]
        full = list(dict.fromkeys(self.full_topic(topic) for topic in topics))
        return [topic for topic in full if not any(covers(wide, topic) for wide in full if wide != topic)]

    def full_topic(self, topic: str) -> str:
        """The topic with `{base}` filled in."""
        return topic.replace("{base}", self.base)
