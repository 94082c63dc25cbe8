"""The options about seed questions: their defaults, and what is made of them."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from intermt.cli.generate import generate
from intermt.cli.seed_options import seeding_config
from intermt.commands.seed_config import SeedingConfig
from intermt.config import Config
from intermt.domain.prompts import load_prompts
from intermt.errors import UsageError
from tests.cli.running import environment

PROMPTS = load_prompts()
MORE = set(inspect.signature(seeding_config).parameters) - {"config", "files", "prompts"}


def given(**options: Any) -> SeedingConfig:
    defaults = {p.name: p.default for p in generate.params if p.name in MORE}
    assert set(defaults) == MORE
    return seeding_config(Config(), files=("x",), prompts=PROMPTS, **{**defaults, **options})


def test_the_command_line_and_the_use_case_have_the_same_defaults() -> None:
    assert given() == SeedingConfig(("x",), PROMPTS)


def test_what_the_options_say_is_what_is_done() -> None:
    config = given(
        filters="diversity,quality,potential",
        language=["de", "fr"],
        min_chars=1,
        allow_statements=True,
        potential="builtin",
        embed="http://e:1/v1#m",
        rewrite="builtin#r",
        near_duplicate=0.5,
    )
    assert config.filters == ("quality", "diversity", "potential")
    assert (config.quality.languages, config.quality.min_chars) == (("de", "fr"), 1)
    assert config.quality.statements
    assert config.embed is not None
    assert (config.embed.kind, config.threshold) == ("embed", 0.5)
    assert {server.name for server in config.servers} == {
        "builtin", "builtin#r", "http://e:1/v1#m",
    }  # fmt: skip
    assert json.dumps(config.described())


def test_naming_a_server_that_rates_switches_its_filter_on() -> None:
    assert given(potential="builtin").filters == ("quality", "diversity", "potential")
    with pytest.raises(UsageError, match="--potential names a server"):
        given(potential="builtin", filters="quality")


def test_embeddings_have_a_threshold_of_their_own() -> None:
    assert given().threshold == 0.8
    assert given(embed="builtin").threshold == 0.95


def test_a_range_that_nothing_can_be_in() -> None:
    with pytest.raises(UsageError, match="--min-chars 9 is more than --max-chars 8"):
        given(min_chars=9, max_chars=8)


def test_help_does_not_load_the_filters(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from intermt.cli.frame import execute; from intermt.cli.main import build;"
        "execute(build, ['generate', '--help']);"
        "loaded = {'numpy', 'PIL', 'duckdb', 'httpx'} & set(sys.modules);"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--near-duplicate" in done.stdout
