"""What `--seed` takes, of every command that has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from intermt.cli.draws import MOST_SEED
from intermt.cli.main import build
from intermt.domain.bootstrap import resampled_sums
from intermt.domain.preference_head import folds_of
from tests.cli.running import run_here

WORDS = {
    "annotate-export": (),
    "eval": (),
    "generate": ("q.txt",),
    "judge": ("--kind", "head", "--fit", "x.head", "--server", "http://127.0.0.1:9/v1"),
    "pair": (),
    "simulate": (),
    "stats": ("scaling",),
}


def test_these_are_all_commands_with_a_seed():
    found = {
        name
        for name in build().commands
        if any("--seed" in p.opts for p in build().commands[name].params)
    }
    assert found == set(WORDS)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("number", ["-1", str(MOST_SEED + 1), "9" * 32, "1.5"])
def test_a_seed_that_no_draw_can_take_is_a_wrong_option(tmp_path: Path, name: str, number: str):
    done = run_here(name, *WORDS[name], "--seed", number, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "--seed" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_so_it_is_where_the_environment_says_it(tmp_path: Path):
    done = run_here("stats", "scaling", "--json", cwd=tmp_path, INTERMT_STATS_SEED="-3")
    assert done.returncode == 2
    assert '"exit_code": 2' in done.stdout or '"exit_code":2' in done.stdout


def test_every_draw_takes_the_largest_seed():
    codes = np.arange(20)
    drawn = resampled_sums(np.ones((20, 1)), codes, 20, 5, MOST_SEED)
    assert drawn.ravel().tolist() == [20.0] * 5
    assert set(folds_of(codes, MOST_SEED + 4).tolist()) > {0}
