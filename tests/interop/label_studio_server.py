"""A real Label Studio with two users, on this machine, for as long as a test runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

TOKEN = "0123456789abcdef0123456789abcdef01234567"
STARTS_WITHIN_S = 240


def program() -> str | None:
    """The `label-studio` program: that of INTERMT_LABEL_STUDIO, or the one on the path."""
    named = os.environ.get("INTERMT_LABEL_STUDIO")
    return shutil.which(named or "label-studio")


@dataclass(frozen=True)
class User:
    """Somebody who works there through the REST API."""

    url: str
    token: str
    id: int

    def ask(self, path: str, body: Any = None, kind: str = "application/json") -> bytes:
        """The answer to a GET, or with a body to a POST."""
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path,
            content,
            {"Authorization": f"Token {self.token}", "Content-Type": kind},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: bytes = answer.read()
        return found

    def json(self, path: str, body: Any = None) -> Any:
        """The same, read as JSON."""
        return json.loads(self.ask(path, body))


@contextmanager
def label_studio(folder: Path, served: Path) -> Iterator[tuple[User, User]]:
    """Two users of a server that keeps its data in `folder` and serves files of `served`."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(served),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    found = program()
    assert found
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(
            [
                *(found, "start", "--no-browser", "--internal-host", "127.0.0.1"),
                *("--port", str(port), "--username", "ann@example.org"),
                *("--password", "password-of-ann", "--user-token", TOKEN),
            ],
            # The server is another installation of Python than the one that runs the tests.
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            _wait_for(url, process, folder / "server.log")
            ann = User(url, TOKEN, 0)
            ann = User(url, TOKEN, ann.json("/api/current-user/whoami")["id"])
            yield ann, _second_user(url)
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url + "/health", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"Label Studio did not start:\n{log.read_text()[-3000:]}")


def _second_user(url: str) -> User:
    """Somebody who signs up as people do, with the form."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = opener.open(url + "/user/signup/", timeout=60).read().decode()
    hidden = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert hidden
    form = {
        "csrfmiddlewaretoken": hidden[1],
        "email": "bo@example.org",
        "password": "password-of-bo",
        "how_find_us": "Other",
        "elaborate": "",
    }
    request = urllib.request.Request(
        url + "/user/signup/", urllib.parse.urlencode(form).encode(), {"Referer": url}
    )
    opener.open(request, timeout=60).read()
    token = json.loads(opener.open(url + "/api/current-user/token", timeout=60).read())["token"]
    user = json.loads(opener.open(url + "/api/current-user/whoami", timeout=60).read())
    return User(url, token, user["id"])
