"""Checks of framed_serial settings against each other. Each mistake is raised with its place in the YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gateway.protocols.framed.field_values import SIZE
from gateway.protocols.framed.fields import NUMBERS, TEXTS, FieldSettings, Value
from gateway.protocols.framed.hex_bytes import to_hex
from gateway.protocols.framed.settings import FramedSettings, MessageSettings, When
from gateway.protocols.framed.template import COUNT, LENGTH, Template
from gateway.settings.mend import Loc, Wrong, did_you_mean


def validate(settings: FramedSettings) -> None:
    """Raise Wrong for the first mistake, with the keys that lead to it."""
    _check_fields(settings)
    _check_when(settings, settings.only, ("only",))
    for index, message in enumerate(settings.messages):
        _check_message(settings, message, ("messages", index))
    _check_ambiguity(settings)
    _check_templates(settings)
    numbers = [str(zone.number) for zone in settings.zones]
    for index, number in enumerate(numbers):
        if number in numbers[:index]:
            raise Wrong(f"zone number {number} is given to two zones", "number each as on the host", ("zones", index))


def _check_fields(settings: FramedSettings) -> None:
    max_size = settings.frame.max_size
    for name, field in settings.fields.items():
        reaches = field.at + field.size if field.at >= 0 else -field.at
        if name in {SIZE, LENGTH, COUNT}:
            raise Wrong(f"{name!r} is a reserved name", "choose another name", ("fields", name))
        if reaches > max_size:
            kind = "all frames have" if settings.frame.size else "the longest frame has"
            what = f"it needs {reaches} bytes, and {kind} {max_size}"
            raise Wrong(what, "correct its offset or the frame's size", ("fields", name, "at"))


def _check_name(settings: FramedSettings, name: str, at: Loc, also: Iterable[str] = ()) -> None:
    declared = {*settings.fields, *also}
    if name not in declared:
        raise Wrong(f"field {name!r} is not declared", did_you_mean(name, declared, "declared are"), at)


def _check_when(settings: FramedSettings, when: When, at: Loc) -> None:
    for name, values in when.items():
        _check_name(settings, name, (*at, name), {SIZE})
        field = settings.fields.get(name)
        for value in values if field else ():
            if mistake := _impossible(field, value):
                raise Wrong(*mistake, (*at, name))


def _impossible(field: FieldSettings | None, value: Value) -> tuple[str, str] | None:
    """Return why the field can never have the value, and the fix; None if it can."""
    assert field is not None
    # Values with a name are compared by their name.
    if value in field.values.values():
        return None
    if value in field.values:
        return f"{value!r} is called {field.values[value]!r} here", f"write {field.values[value]!r}"
    if isinstance(value, str) != (field.type in TEXTS):
        names = field.values.values()
        fix = did_you_mean(str(value), names) if names else f"write {'text' if field.type in TEXTS else 'a number'}"
        return f"{value!r} is no possible value of the field", fix
    if field.type in NUMBERS or field.type == "bits":
        top = (1 << (field.bit_count if field.type == "bits" else 8 * field.size)) - 1
        if not 0 <= int(value) <= top:
            return f"{value} is no possible value of the field", f"write 0 to {top}"
    return None


def _check_message(settings: FramedSettings, message: MessageSettings, at: Loc) -> None:
    _check_when(settings, message.when, (*at, "when"))
    for key, name in _names(message):
        _check_name(settings, name, (*at, key))
    for key in ("begins", "ends"):
        if name := getattr(message, key):
            _check_condition(settings, name, (*at, key))
            _check_subject(settings.conditions[name].of, message, at)
    for field, name in message.states.items():
        _check_name(settings, field, (*at, "states"))
        _check_condition(settings, name, (*at, "states", field))
        if settings.fields[field].type not in {"bits", *NUMBERS}:
            raise Wrong(f"field {field!r} has no bits", "give it type: bits", (*at, "states", field))


def _names(message: MessageSettings) -> Iterator[tuple[str, str]]:
    yield from (("zone", name) for name in message.zone)
    yield from (("id", name) for name in message.id)
    yield from (("data", name) for name in message.data.values())
    yield from ((key, name) for key in ("area", "at") if (name := getattr(message, key)))


def _check_condition(settings: FramedSettings, name: str, at: Loc) -> None:
    if name not in settings.conditions:
        raise Wrong(f"condition {name!r} is not declared", did_you_mean(name, settings.conditions), at)


def _check_subject(of: str, message: MessageSettings, at: Loc) -> None:
    subject = "zone" if message.zone else "area" if message.area else "host"
    if subject != of:
        fix = f"add '{of}: FIELD', or change the condition's 'of'" if of != "host" else f"take out {subject}"
        raise Wrong(f"the condition belongs to the {of}, and the message names the {subject}", fix, at)


def _check_ambiguity(settings: FramedSettings) -> None:
    """A frame may match two messages only if one of them is more specific: that one is used."""
    for index, message in enumerate(settings.messages):
        for other in range(index):
            one, two = settings.messages[other].when, message.when
            if not (_exclusive(one, two) or _more_specific(one, two) or _more_specific(two, one)):
                raise Wrong(
                    f"some frames match both this message and message {other + 1} of the list",
                    "add a field to both that distinguishes them",
                    ("messages", index, "when"),
                )


def _exclusive(one: When, two: When) -> bool:
    return any(not set(one[name]) & set(two[name]) for name in one.keys() & two.keys())


def _more_specific(one: When, two: When) -> bool:
    sets = {name: set(values) for name, values in one.items()}
    within = all(name in sets and sets[name] <= set(values) for name, values in two.items())
    return within and sets != {name: set(values) for name, values in two.items()}


def _check_templates(settings: FramedSettings) -> None:
    sizes = {name: field.size for name, field in settings.fields.items()}
    for index, each in enumerate(settings.acknowledge):
        at: Loc = ("acknowledge", index)
        _check_when(settings, each.when, (*at, "when"))
        _check_template(settings, each.send, sizes, (*at, "send"))
    if settings.poll:
        # A poll replies to nothing, so it can have no fields.
        _check_template(settings, settings.poll.send, {}, ("poll", "send"))
    for name, command in settings.commands.items():
        at = ("commands", name)
        widths = {argument: each.field.size for argument, each in command.arguments.items()}
        _check_template(settings, command.send, widths, (*at, "send"))
        _check_when(settings, command.answer, (*at, "answer"))
        _check_when(settings, command.done, (*at, "done"))
        if command.echo:
            _check_name(settings, command.echo, (*at, "echo"))
        if (command.echo or command.done) and not command.answer:
            raise Wrong("it has 'echo' or 'done', and no 'answer' to find them in", "add 'answer: {FIELD: VALUE}'", at)
        if unused := set(command.arguments) - {placeholder.name for placeholder in command.send.placeholders()}:
            raise Wrong(
                f"argument {min(unused)!r} is not sent", f"write {{{min(unused)}}} into send", (*at, "arguments")
            )


def _check_template(settings: FramedSettings, template: Template, sizes: Mapping[str, int], at: Loc) -> None:
    frame, widths = settings.frame, {**sizes}
    if frame.length:
        widths[LENGTH] = frame.length.width
    offset, length_at = len(frame.start), None
    for part in template.parts:
        if isinstance(part, bytes):
            offset += len(part)
            continue
        if part.name != COUNT and part.name not in widths:
            raise Wrong(f"{{{part.name}}} is no field or argument here", did_you_mean(part.name, {*widths, COUNT}), at)
        length_at = offset if part.name == LENGTH else length_at
        offset += NUMBERS[part.type] if part.name == COUNT else widths[part.name]
    if template.raw:  # sent unchanged, so it need not be a frame
        return
    if frame.length and length_at != frame.length.at:
        fix = f"write {{length}} so that it comes to byte {frame.length.at}, after {to_hex(frame.start) or 'nothing'}"
        raise Wrong("the length is not at its offset in the frame", fix, at)
    try:
        whole = len(frame.build(bytes(offset - len(frame.start))))
    except OverflowError:
        raise Wrong("its length does not fit into the length field", "correct frame.length.adjust", at) from None
    if frame.size and whole != frame.size:
        raise Wrong(f"it makes a frame of {whole} bytes, and all have {frame.size}", "correct its bytes", at)
