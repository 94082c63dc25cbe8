from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.servers.pacing import Pacing, retry_after_s

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 12:00:30", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("-3", 0.0),
        ("soon", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("", 0.0),
        (None, 0.0),
    ],
)
def test_retry_after_is_read(value: str | None, seconds: float) -> None:
    assert retry_after_s(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_crashes_or_is_negative(value: str) -> None:
    assert retry_after_s(value, NOW) >= 0


@given(st.integers(1, 10_000), st.integers(0, 1000))
def test_the_wait_is_within_its_doubling_bound(tries: int, seed: int) -> None:
    pacing = Pacing(backoff_s=0.5, backoff_cap_s=8.0)
    longest = 0.5 * 2 ** (tries - 1) if tries < 6 else 8.0
    assert 0 <= pacing.backoff(tries, random.Random(seed)) <= longest


def test_the_wait_uses_the_whole_range() -> None:
    waits = [Pacing().backoff(1, random.Random(seed)) for seed in range(200)]
    assert min(waits) < 0.05
    assert max(waits) > 0.45
