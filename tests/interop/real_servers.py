"""Real servers on 127.0.0.1 that the interop tests start and end."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from tests.cli.running import environment

LLAMA_SERVER, LLAMA_MODEL, LLAMA_MMPROJ = (
    os.environ.get(f"INTERMT_TEST_LLAMA_{name}", "") for name in ("SERVER", "MODEL", "MMPROJ")
)
VLLM_PYTHON = os.environ.get("INTERMT_TEST_VLLM_PYTHON", "")
ALIAS = "real-model"
SLOTS = 4
NO_LLAMA = (
    "no real server: set INTERMT_TEST_LLAMA_SERVER and INTERMT_TEST_LLAMA_MODEL,"
    " as tests/interop/README.md says"
)
NO_VLLM = "no vLLM: set INTERMT_TEST_VLLM_PYTHON, as tests/interop/README.md says"

_UP_WITHIN_S = {"llama": 60, "vllm": 300}


class RealServer:
    """A server that can be killed and started again on its port."""

    def __init__(self, folder: Path, name: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self.port}/v1#{ALIAS}"

    def _start(self, argv: list[str], within_s: float, **env: str) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, env=environment(**env))
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if self.get("/health") is not None:
                return
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)
        raise AssertionError(f"the server did not come up within {within_s:g} s")

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it as its own users do, so that it ends its helpers."""
        assert self._process
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as got:
                text: str = got.read().decode()
                return text
        except (OSError, http.client.HTTPException):
            return None


class LlamaServer(RealServer):
    """llama.cpp's."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "llama")

    def start(self) -> None:
        argv = [LLAMA_SERVER, "-m", LLAMA_MODEL, "--host", "127.0.0.1", "--port", str(self.port)]
        argv += ["--alias", ALIAS, "--metrics", "--ctx-size", str(8192 * SLOTS)]
        # One thread: with more, they wait for each other on a machine that does other work.
        argv += ["--parallel", str(SLOTS), "--threads", "1"]
        # Small models say the same for ever otherwise.
        argv += ["--repeat-penalty", "1.2", "--repeat-last-n", "256"]
        argv += ["--mmproj", LLAMA_MMPROJ] if LLAMA_MMPROJ else []
        self._start(argv, _UP_WITHIN_S["llama"])

    def n_written(self) -> float:
        """Tokens that the server has written in finished replies since it started."""
        found = re.search(
            r"^llamacpp:tokens_predicted_total (\S+)", self.get("/metrics") or "", re.MULTILINE
        )
        return float(found[1]) if found else 0.0


class VllmServer(RealServer):
    """vLLM's, on the processor."""

    def __init__(self, folder: Path, model: Path, *more: str) -> None:
        super().__init__(folder, f"vllm-{model.name}")
        self._model = model
        self._more = more

    def start(self) -> None:
        argv = [VLLM_PYTHON, "-m", "vllm.entrypoints.openai.api_server", "--model"]
        argv += [str(self._model), "--served-model-name", ALIAS]
        argv += ["--host", "127.0.0.1", "--port", str(self.port), "--dtype", "float32"]
        argv += ["--max-model-len", "8192", "--enforce-eager", *self._more]
        self._start(
            argv,
            _UP_WITHIN_S["vllm"],
            HF_HUB_OFFLINE="1",
            VLLM_CPU_KVCACHE_SPACE="1",
            VLLM_NO_USAGE_STATS="1",
            DO_NOT_TRACK="1",
            PYTHONPATH="",
            HOME=str(self._log.parent),
        )


def tiny_models(folder: Path) -> Path:
    """A folder with the models that `tiny_models.py` makes."""
    script = Path(__file__).parent / "tiny_models.py"
    subprocess.run([VLLM_PYTHON, str(script), "make", str(folder)], check=True)
    return folder
