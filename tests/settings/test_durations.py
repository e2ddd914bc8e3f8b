from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings.durations import format_duration, parse_duration
from gateway.settings.mend import Wrong


@given(st.timedeltas(timedelta(0), timedelta(days=9999)))
def test_what_is_written_is_read_again(length):
    length -= timedelta(microseconds=length.microseconds % 1000)
    assert parse_duration(format_duration(length)) == length


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.lists(st.text())))
def test_anything_else_is_wrong_and_never_worse(value):
    with suppress(Wrong):
        assert parse_duration(value) >= timedelta(0)


@pytest.mark.parametrize("text", ["30", "-5s", "5 parsecs", "1.5h", "", "s", "999999d"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(Wrong):
        parse_duration(text)
