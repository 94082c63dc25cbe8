from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from intermt.servers import picture_fetch as module
from intermt.servers.picture_fetch import FetchError, PictureFetcher, is_public

Handler = Callable[[httpx.Request], httpx.Response]
PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to; a name that is not here is an address or unknown."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def lookup(host: str, port: Any, **more: Any) -> Any:
        found = known.get(host)
        if found is None:
            return real(host, port, flags=socket.AI_NUMERICHOST, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return known


def fetch(url: str, handler: Handler) -> bytes:
    with PictureFetcher(httpx.MockTransport(handler)) as fetcher:
        return fetcher.fetch(url)


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} was asked")


def content(request: httpx.Request) -> httpx.Response:
    return streamed(b"picture")


def streamed(*parts: bytes) -> httpx.Response:
    return httpx.Response(200, content=iter(parts))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("0.0.0.0", "100.64.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255"),
        *("192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.0.0.8"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1"),
        "2001:0:5db8:d70e::f5ff:fffe",
    ],
)
def test_addresses_that_are_not_public_are_never_asked(
    address: str, names: dict[str, list[str]]
) -> None:
    assert not is_public(ipaddress.ip_address(address))
    names["pictures.example"] = [PUBLIC, address]
    host = f"[{address}]" if ":" in address else address
    for url in (f"http://{host}/a.png", "https://pictures.example/a.png"):
        with pytest.raises(FetchError, match=r"refused: .* no public address"):
            fetch(url, never)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/a.png", "refused: ftp scheme"),
        ("file:///etc/passwd", "refused: file scheme"),
        ("gopher://8.8.8.8/", "refused: gopher scheme"),
        ("http:///a.png", "refused: "),
        ("http://user:word@8.8.8.8/", "refused: an address with a user name"),
        ("http://8.8.8.8:99999999/", "refused: not an address"),
        ("http://[::1", "refused: not an address"),
        ("http://2130706433/", "refused: "),
        ("http://0x7f.1/", "refused: "),
        ("http://localhost./", "not fetched: the host"),
        ("http://nobody.invalid/", "not fetched: the host nobody.invalid is not known"),
        ("http://" + "a" * 300 + ".example/", "not fetched: the host"),
    ],
)
def test_what_is_no_address_of_a_picture(
    url: str, reason: str, names: dict[str, list[str]]
) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(url, never)
    assert str(caught.value).startswith(reason)


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    names: dict[str, list[str]],
) -> None:
    names["pictures.example"] = [PUBLIC]
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        names["pictures.example"] = ["127.0.0.1"]
        seen.append(request)
        return content(request)

    assert fetch("https://pictures.example:8443/a%20b.png?x=1", handler) == b"picture"
    (request,) = seen
    assert str(request.url) == f"https://{PUBLIC}:8443/a%20b.png?x=1"
    assert request.headers["host"] == "pictures.example:8443"
    assert request.extensions["sni_hostname"] == "pictures.example"
    assert request.headers["accept-encoding"] == "identity"


def test_redirects_are_checked_like_everything_else(names: dict[str, list[str]]) -> None:
    names |= {
        "pictures.example": [PUBLIC],
        "other.example": ["8.8.8.8"],
        "in.example": ["10.0.0.1"],
    }
    target = {"to": "//other.example/b.png"}

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == PUBLIC:
            return httpx.Response(302, headers={"location": target["to"]})
        return streamed(request.headers["host"].encode())

    assert fetch("http://pictures.example/a.png", handler) == b"other.example"
    for bad in ("http://in.example/", "http://127.0.0.1/", "file:///etc/passwd"):
        target["to"] = bad
        with pytest.raises(FetchError, match="refused"):
            fetch("http://pictures.example/a.png", handler)
    target["to"] = "/again"
    with pytest.raises(FetchError, match="more than 5 redirects"):
        fetch("http://pictures.example/a.png", handler)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(404), "not fetched: HTTP 404"),
        (httpx.Response(304), "not fetched: HTTP 304"),
        (httpx.Response(200, headers={"content-length": "99999999999"}), "refused: 99,999,999,999"),
        (httpx.Response(200, headers={"content-encoding": "gzip"}), "refused: packed"),
        (streamed(b"x" * 2000), "refused: over 1,000 bytes"),
    ],
)
def test_what_gives_no_usable_content(
    response: httpx.Response, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    with pytest.raises(FetchError, match=reason):
        fetch(f"http://{PUBLIC}/a", lambda request: response)


def test_a_stream_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    given = 0

    def drip() -> Iterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x"

    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    with pytest.raises(FetchError, match="over 1,000"):
        fetch(f"http://{PUBLIC}/a", lambda request: httpx.Response(200, content=drip()))
    assert given == 1001
    monkeypatch.setattr(module, "TIMEOUT_S", 0.0)
    with pytest.raises(FetchError, match="not done after"):
        fetch(f"http://{PUBLIC}/a", lambda request: httpx.Response(200, content=drip()))
    assert given == 1002


def test_the_next_address_is_tried_where_one_does_not_answer(
    names: dict[str, list[str]],
) -> None:
    names["pictures.example"] = ["8.8.8.8", PUBLIC]

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == PUBLIC:
            return content(request)
        raise httpx.ConnectError("refused")

    assert fetch("http://pictures.example/", handler) == b"picture"


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("odd")])
def test_a_connection_that_breaks_is_said(error: httpx.HTTPError) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(FetchError, match=f"not fetched: {error}"):
        fetch(f"http://{PUBLIC}/a", handler)


def test_a_real_server_on_this_machine_is_not_asked() -> None:
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with PictureFetcher() as fetcher:
            for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"):
                with pytest.raises(FetchError, match=r"refused|not fetched: the host"):
                    fetcher.fetch(f"http://{host}:{server.server_port}/a.png")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == []
