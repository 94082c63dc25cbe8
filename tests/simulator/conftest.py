from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from intermt.simulator import InProcess


@pytest.fixture(scope="package")
def client() -> Iterator[httpx.Client]:
    """A client of one stand-in with default settings, shared by the tests of this package."""
    with InProcess() as base_url, httpx.Client(base_url=base_url, timeout=10) as client:
        yield client
