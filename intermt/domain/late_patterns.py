"""Regular expressions that are compiled when they are first used.

Those that read verdicts off free text take longer to compile than a command takes to start, and
a reply in the JSON that was asked for needs few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property


class LatePattern:
    """A regular expression with the methods of `re.Pattern` that are in use here.

    Args:
        source: The expression.
        flags: As for `re.compile`.
    """

    def __init__(self, source: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def match(self, text: str, pos: int = 0) -> re.Match[str] | None:
        """The match that begins at `pos`."""
        return self._compiled.match(text, pos)

    def search(self, text: str, *bounds: int) -> re.Match[str] | None:
        """The first match, from a place on and up to another where they are given."""
        return self._compiled.search(text, *bounds)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Every match, from left to right."""
        return self._compiled.finditer(text)
