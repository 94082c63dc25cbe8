"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import settings

# How long an example takes says something about the machine, not about what is tested.
settings.register_profile("intermt", deadline=None)
settings.load_profile("intermt")


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Every client reads all certificates anew; the servers of tests have none."""
    made = httpx.create_ssl_context()

    def again(*_: Any, **__: Any) -> Any:
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", again)
        yield
