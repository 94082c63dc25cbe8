"""Heads and the scaling study on a real sentence-embedding model; the README says how to run it.

The store is planted: what people prefer is told by phrases, one more of which counts at every
turn. A real model has to find them in text.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import environment
from tests.commands.scaling_stores import Planted, fill
from tests.commands.work import Program, counted

PYTHON = os.environ.get("INTERMT_TEST_EMBEDDINGS_PYTHON", "")
N_TREES = int(os.environ.get("INTERMT_TEST_EMBEDDINGS_TREES", "60"))
NO_MODEL = "no real embeddings: set INTERMT_TEST_EMBEDDINGS_PYTHON, as tests/interop/README.md says"

pytestmark = pytest.mark.skipif(not PYTHON, reason=NO_MODEL)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    script = Path(__file__).with_name("embeddings_server.py")
    process = subprocess.Popen(
        [PYTHON, str(script), "--half"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(HF_HUB_OFFLINE="1"),
    )
    with process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture
def intermt(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    monkeypatch.chdir(tmp_path)
    return Program(tmp_path / "store", capfd)


def test_a_planted_law_is_found_in_real_embeddings(
    intermt: Program, url: str, tmp_path: Path
) -> None:
    fill(intermt.store, Planted(n_trees=N_TREES, signal=6.0, with_chains=True))
    study = ("stats", "scaling", "--max-chars", 400, "--server", url)
    found = intermt(*study).data
    assert found["embedding"]["model"] == "all-MiniLM-L6-v2"
    assert found["embedding"]["n_features"] == 384
    assert found["n_pairs"] == 5 * N_TREES
    assert (found["simulated"], found["notes"]) == (False, [])
    last = [cell for cell in found["matrix"] if cell["k"] == cell["t"] == 5]
    assert last[0]["low"] > 0.5
    assert found["trend"]["slope"] > 0
    assert {(row["trained"], row["tested"]) for row in found["transfer"]} == {
        (a, b) for a in ("local", "global") for b in ("local", "global")
    }
    # Equal answers in equal contexts are one call.
    n_calls = counted(intermt.store, "SELECT count(*) FROM request")
    assert 9 * N_TREES < n_calls <= 10 * N_TREES
    again = intermt(*study).data
    assert again == found
    assert counted(intermt.store, "SELECT count(*) FROM request") == n_calls
    head = tmp_path / "real.head"
    fit = ("judge", "--kind", "head", "--fit", head, "--max-chars", 400, "--server", url)
    fitted = intermt(*fit, "--split", "train=0.7,test=0.3").data["heads"][0]
    assert fitted["accuracy"] > 0.55
    judge = ("judge", "--kind", "head", "--head", head, "--task", "pair", "--server", url)
    assert intermt(*judge).data["verdicts"]["failed"] == 0
    assert intermt("check").data["findings"] == []
