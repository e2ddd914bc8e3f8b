import pytest

from tests.support.robots import entries, robots


@pytest.fixture
async def judge():
    """A server that judges as the services do."""
    async with robots() as found:
        yield found


@pytest.fixture
def keys(judge):
    """Right settings for it, by kind."""
    return entries(judge.url)
