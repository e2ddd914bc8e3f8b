"""A time zone's name in the YAML."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.settings.timezones import TimeZoneName

NAME = TypeAdapter(TimeZoneName)


def test_a_zone_of_this_machine_is_taken() -> None:
    assert NAME.validate_python("Asia/Shanghai") == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("Asia/Shangai", "did you mean 'Asia/Shanghai'"),
        ("Asia", "write one like Asia/Shanghai"),
        ("../etc/passwd", "write one like"),
        ("/etc/localtime", "write one like"),
        ("x" * 5000, "write one like"),
        ("", "write one like"),
    ],
)
def test_any_other_name_is_a_mistake_with_its_fix(name: str, fix: str) -> None:
    with pytest.raises(ValidationError, match=fix):
        NAME.validate_python(name)
