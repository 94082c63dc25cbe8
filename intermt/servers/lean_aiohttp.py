"""aiohttp, imported without reading certificates that nothing here uses.

aiohttp makes two TLS contexts of its own when it is imported, and reads all of the machine's
certificate authorities for each, which takes a tenth of a second. `Client` gives every https
connection a context of its own, and redirects are not followed, so these two stay unused; with
no authorities in them, a connection that did use one would be refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SOURCES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@contextmanager
def _no_authorities() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _SOURCES}
    os.environ.update(dict.fromkeys(_SOURCES, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


with _no_authorities():
    import aiohttp

__all__ = ["aiohttp"]
