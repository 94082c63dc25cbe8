"""Pictures from the web, for files whose pictures are addresses.

A file may name any address, and who imports it may sit inside a network that strangers cannot
reach. So every host is resolved first, and only if all of its addresses are public is one of
them asked; the same for each redirect. The connection goes to the address that was checked,
whatever the name resolves to a moment later. Proxies of the environment are not used: they
would resolve names themselves.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import httpx

MAX_BYTES = 64 * 1024 * 1024
"""Larger pictures are refused."""

TIMEOUT_S = 30.0
"""Longest time that one picture may take, redirects included."""

MAX_REDIRECTS = 5
_STEP_TIMEOUT_S = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Set aside by registries; versions of Python differ about them.
_SET_ASIDE = (
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("3fff::/20"),
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchError(Exception):
    """Why there is no picture; the text begins with `refused` or `not fetched`."""


class PictureFetcher:
    """Fetches pictures over http and https from public addresses; use it in a `with` block.

    Args:
        transport: What carries the requests; None for the network.
    """

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=_STEP_TIMEOUT_S,
            headers={"Accept": "image/*", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def fetch(self, url: str) -> bytes:
        """What an address gives; nobody has looked whether it is a picture.

        Raises:
            FetchError: The address may not be asked, or gives nothing usable.
        """
        until = time.monotonic() + TIMEOUT_S
        for _ in range(MAX_REDIRECTS + 1):
            target = _checked(url)
            found = self._ask(target, until)
            if isinstance(found, bytes):
                return found
            url = found
        raise FetchError(f"refused: more than {MAX_REDIRECTS} redirects")

    def _ask(self, url: httpx.URL, until: float) -> bytes | str:
        """The content, or where it has moved to."""
        reason = "no address"
        for address in _addresses(url):
            request = self._client.build_request(
                "GET",
                url.copy_with(host=str(address)),
                headers={"Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": url.host},
            )
            try:
                response = self._client.send(request, stream=True)
            except httpx.ConnectError as error:
                reason = str(error) or "no connection"
                continue
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise FetchError(f"not fetched: {_said(error)}") from error
            try:
                return self._content(response, url, until)
            except httpx.HTTPError as error:
                raise FetchError(f"not fetched: {_said(error)}") from error
            finally:
                response.close()
        raise FetchError(f"not fetched: {reason}")

    def _content(self, response: httpx.Response, url: httpx.URL, until: float) -> bytes | str:
        if response.status_code in _REDIRECTS and "location" in response.headers:
            try:
                return str(url.join(response.headers["location"]))
            except httpx.InvalidURL as error:
                raise FetchError("refused: a redirect to no address") from error
        if response.status_code != 200:
            raise FetchError(f"not fetched: HTTP {response.status_code}")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise FetchError("refused: packed, though plain was asked for")
        said = response.headers.get("content-length", "")
        if said.isdecimal() and int(said) > MAX_BYTES:
            raise FetchError(f"refused: {int(said):,} bytes, over {MAX_BYTES:,}")
        parts: list[bytes] = []
        n_bytes = 0
        for part in response.iter_raw():
            parts.append(part)
            n_bytes += len(part)
            if n_bytes > MAX_BYTES:
                raise FetchError(f"refused: over {MAX_BYTES:,} bytes")
            if time.monotonic() > until:
                raise FetchError(f"not fetched: not done after {TIMEOUT_S:.0f} s")
        return b"".join(parts)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError("refused: not an address") from error
    if parsed.scheme not in ("http", "https"):
        raise FetchError(f"refused: {parsed.scheme or 'no'} scheme, only http and https")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise FetchError("refused: not an address")
    if not parsed.host:
        raise FetchError("refused: an address without a host")
    if parsed.userinfo:
        raise FetchError("refused: an address with a user name")
    return parsed


def _addresses(url: httpx.URL) -> Iterator[Address]:
    try:
        found = socket.getaddrinfo(url.host, url.port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"not fetched: the host {url.host} is not known") from error
    # A zone behind % names a network card: such addresses are local to it.
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if not is_public(address):
            raise FetchError(f"refused: {url.host} is at {address}, which is no public address")
    yield from dict.fromkeys(addresses)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could ask this address.

    An IPv6 address that stands for an IPv4 address is as public as that one.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64 or int(address) >> 32 == 0:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if not all(is_public(one) for one in inner if one is not None):
            return False
        if address.is_site_local:
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not (
        any(address in network for network in _SET_ASIDE)
        or address.is_multicast
        or address.is_reserved
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )
