"""How long to wait: between tries, at a server's word, and before giving up."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Pacing:
    """Waiting times and limits of one client, in seconds unless the name says otherwise.

    Attributes:
        backoff_s: Longest wait before the second try; doubles with every further one.
        backoff_cap_s: Longest wait between two tries.
        retry_after_cap_s: Longest pause a server's `Retry-After` can ask for.
        breaker_failures: Failures in a row after which a URL is left alone.
        cool_down_s: How long it is left alone at first; doubles with every failed probe.
        cool_down_cap_s: Longest time between two probes of a URL.
        give_up_s: Calls stop waiting for a URL once none has worked for this long; longer
            than `retry_after_cap_s`, or a pause would end the calls that wait for its end.
        first_in_flight: Requests under way at once to begin with.
        connect_s: Deadline for opening a connection.
        check_s: Deadline of one try of the check before work starts.
        check_attempts: Tries of that check per URL.
    """

    backoff_s: float = 0.5
    backoff_cap_s: float = 30.0
    retry_after_cap_s: float = 120.0
    breaker_failures: int = 5
    cool_down_s: float = 1.0
    cool_down_cap_s: float = 30.0
    give_up_s: float = 180.0
    first_in_flight: int = 16
    connect_s: float = 10.0
    check_s: float = 10.0
    check_attempts: int = 5

    def backoff(self, tries: int, rng: random.Random) -> float:
        """A random wait after `tries` failed tries (1 or more): full jitter."""
        longest = min(self.backoff_cap_s, self.backoff_s * 2.0 ** min(tries - 1, 30))
        return rng.uniform(0.0, longest)


def retry_after_s(value: str | None, now: datetime | None = None) -> float:
    """Seconds that a `Retry-After` header asks for; 0 where it asks for none.

    Seconds and HTTP dates are read; dates in the past and anything else give 0. `now` is
    an aware time.
    """
    if not value:
        return 0.0
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
