"""Importing aiohttp must leave no trace in the environment that other programs inherit."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("named", [{}, {"SSL_CERT_FILE": "mine.pem", "SSL_CERT_DIR": "mine"}])
def test_the_environment_is_as_it_was(named: dict[str, str]) -> None:
    code = (
        "import os, intermt.servers.client;"
        "print({k: v for k, v in os.environ.items() if k.startswith('SSL_CERT')})"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SSL_CERT")}
    seen = subprocess.run(
        [sys.executable, "-c", code],
        env=environ | named,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert seen.strip() == repr(named)
