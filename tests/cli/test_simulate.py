"""What `simulate` prints, and how it ends where it cannot serve."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import command_line, environment, run


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_the_url_is_all_that_stdout_gets(tmp_path: Path, words: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        command_line("simulate", *words, module="intermt"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=30)
    assert (process.returncode, rest) == (130, "")
    assert "Traceback" not in err
    url = first.strip()
    if words:
        envelope = json.loads(first)
        assert (envelope["command"], envelope["status"]) == ("simulate", "ok")
        assert envelope["data"]["simulated"] is True
        url = envelope["data"]["url"]
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/v1")


def test_a_port_in_use_is_no_fault_of_the_command_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("simulate", "--json", "--port", port, cwd=tmp_path, module="intermt")
    assert done.returncode == 73
    envelope = json.loads(done.stdout)
    assert envelope["errors"][0]["kind"] == "cannot-create"
    assert f"port {port}" in envelope["errors"][0]["message"]
    assert "--help" not in done.stderr
