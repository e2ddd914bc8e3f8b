"""A device that can only POST (an alarm host, a platform's webhook): see config/examples/http_push.yaml.

It posts JSON, a form or XML to /api/v1/push/<id>. 200 means that all of it is on record; what can't be
read is kept in quarantine and answered with 400 and the mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from gateway.driver import Driver, DriverSettings, Part
from gateway.errors import BadInput
from gateway.links.allowance import Aside
from gateway.links.http_push import PushSettings
from gateway.links.mapping import words
from gateway.links.mapping.bodies import Format, Tree, format_of, read_tree
from gateway.links.mapping.moment import moment_of
from gateway.links.mapping.paths import Path, look_up
from gateway.links.mapping.plain import plain
from gateway.links.signal_kind import SignalKind
from gateway.links.telling import tell_all
from gateway.model import DeviceType, Signal, Words
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

MOST_EVENTS = 100
"""In one body."""
LONGEST_TEXT = 1024
Said = SignalKind | Literal["alive", "ignored"]


class Paths(Section):
    """JMESPath expressions; with `each` the others start in each event."""

    each: Annotated[Path | None, Field(description="the list of events, where one body holds several")] = None
    what: Annotated[Path | None, Field(description="what happened; looked up in kinds")] = None
    zone: Annotated[Path | None, Field(description="the number of the zone or part")] = None
    at: Annotated[Path | None, Field(description="the device's time; see clock")] = None
    id: Annotated[Path | None, Field(description="what tells this event from every other")] = None
    data: Annotated[Mapping[str, Path], Field(description="further things to tell, by name")] = {}


class HttpPushSettings(PushSettings):
    format: Annotated[
        Format | Literal["auto"], Field(description="of bodies; auto: as their type or beginning says")
    ] = "auto"
    paths: Annotated[Paths, Field(description="where in a body things stand")]
    kinds: Annotated[Mapping[str, Said], Field(description="its word: our kind; or alive, or ignored")] = {}
    otherwise: Annotated[Said | None, Field(description="for every other word; left out: a mistake")] = None
    zones: tuple[words.Part, ...] = ()
    clock: words.Clock = words.Clock()
    answer: Annotated[str, Field(max_length=500, description="what it hears once all is on record")] = '{"ok": true}'

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.paths.what is None and self.otherwise is None:
            raise Wrong("no body would say what happened", "give paths.what and kinds, or otherwise: KIND")
        if self.paths.what is not None and not self.kinds:
            raise Wrong("paths.what needs kinds to look it up in", "add 'kinds: {WORD: KIND}'", ("paths", "what"))
        words.check_numbers(self.zones, "zones")
        return self


class HttpPush(Driver):
    Settings: ClassVar[type[DriverSettings]] = HttpPushSettings
    LINK: ClassVar[str] = "http"
    TYPE: ClassVar[DeviceType] = DeviceType.PANEL
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(hours=24)
    settings: HttpPushSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._parts = {str(zone.number): zone.id for zone in self.settings.zones}
        self._clock = ZoneInfo(self.settings.clock.timezone)
        self._aside = Aside(self.emit)

    @classmethod
    def parts(cls, settings: HttpPushSettings) -> Sequence[Part]:
        return [Part(zone.id, zone.type, zone.name, zone.place) for zone in settings.zones]

    async def run(self) -> None:
        self.emit.heard()
        await self.link.serve(self._take)

    async def _take(self, body: bytes, content_type: str) -> str:
        """What is answered; all of a body is understood before any of it is told."""
        try:
            form = self.settings.format
            tree = read_tree(body, format_of(content_type, body) if form == "auto" else form, content_type)
            signals = [signal for event in self._events(tree, body) if (signal := self._signal(event, body))]
        except BadInput as error:
            await self._aside.put(error.why, self._masked(error.data))
            said = Words.of(error.why)
            why = Words(f"其推送内容无法识别：{said.zh}", f"what it pushes can't be read: {said.en}")
            self.emit.refused(None, why)
            raise
        self.emit.heard()
        if failed := await tell_all(self.emit, signals):
            raise failed
        return self.settings.answer

    def _events(self, tree: Tree, body: bytes) -> Sequence[Tree]:
        each = self.settings.paths.each
        if each is None:
            return (tree,)
        found = look_up(each, tree)
        events = found if isinstance(found, list) else [found]
        if found is None or len(events) > MOST_EVENTS:
            many = Words(f"{each} 处有 {len(events)} 个事件", f"{len(events)} events at {each}")
            raise BadInput(many if found else _nothing_at(each), body)
        return events

    def _signal(self, event: Tree, body: bytes) -> Signal | None:
        paths = self.settings.paths
        kind = self._kind(event, body)
        if kind in {"alive", "ignored"}:
            return None
        zone, source = _text(paths.zone, event), _text(paths.id, event)
        data = {name: value for name, path in paths.data.items() if (value := _plain(path, event)) is not None}
        return Signal(
            device=self._parts.get(zone or "", self.device.id),
            kind=kind,
            at=moment_of(look_up(paths.at, event), self.settings.clock.format, self._clock) if paths.at else None,
            source_id=source,
            data={**({"zone": zone} if zone else {}), **data},
        )

    def _kind(self, event: Tree, body: bytes) -> str:
        settings = self.settings
        word = _text(settings.paths.what, event)
        kind = settings.kinds.get(word or "", settings.otherwise)
        if kind is None and word is None:
            raise BadInput(_nothing_at(settings.paths.what), body)
        if kind is None:
            where = settings.paths.what
            zh, en = f"{where} 为 {word!r}，不在 kinds 中", f"{where} says {word!r}, which is not among kinds"
            raise BadInput(Words(zh, en), body)
        return kind

    def _masked(self, body: bytes) -> bytes:
        for secret in self.settings.all_secrets:
            body = body.replace(secret, b"***")
        return body


def _nothing_at(path: Path | None) -> Words:
    return Words(f"{path} 处没有内容", f"there is nothing at {path}")


def _text(path: Path | None, event: Tree) -> str | None:
    """As a word; None where there is none, or nothing in it."""
    value = _plain(path, event) if path else None
    if value is None:
        return None
    return str(value).strip() or None


def _plain(path: Path, event: Tree) -> str | int | float | bool | None:
    return plain(look_up(path, event), LONGEST_TEXT)


DRIVER = HttpPush
