"""A fake site, and a client of it."""

from collections.abc import AsyncIterator

import pytest

from jimeng_core import AsyncJimeng
from jimeng_core.pictures import loading
from jimeng_core.pictures.picture_file import PictureFile
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite


@pytest.fixture
def site(clock: FakeClock) -> FakeSite:
    """A site that works."""
    return FakeSite(clock)


@pytest.fixture
async def jimeng(site: FakeSite, clock: FakeClock) -> AsyncIterator[AsyncJimeng]:
    """A client of that site."""
    async with AsyncJimeng("web", TOKEN, transport=site.transport, clock=clock) as client:
        yield client


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fields of the pictures that were loaded."""
    fields: list[str] = []
    read_picture = loading.read_picture

    def recorded(data: bytes, field: str) -> PictureFile:
        fields.append(field)
        return read_picture(data, field)

    monkeypatch.setattr(loading, "read_picture", recorded)
    return fields
