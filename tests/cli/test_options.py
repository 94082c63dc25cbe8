from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperOption

from tests.cli.running import envelope, environment, run
from tests.cli.throwaway import COMMANDS


def asked(*words, cwd, **env):
    """What the command was given."""
    done = run(*words, cwd=cwd, **env)
    assert done.returncode == 0, done.stderr
    return envelope(done)["data"]


def options(*words, cwd, **env):
    return asked("--json", "make-pairs", *words, cwd=cwd, **env)["options"]


def test_precedence_from_default_to_flag(tmp_path):
    user = tmp_path / "home" / "intermt"
    user.mkdir(parents=True)
    env = {"XDG_CONFIG_HOME": str(user.parent)}

    def min_agree(*words, **more):
        return options(*words, cwd=tmp_path, **env, **more)["min_agree"]

    assert min_agree() == 0.5
    (user / "intermt.toml").write_text("[make-pairs]\nmin-agree = 0.1\nturns = 9\n")
    assert min_agree() == 0.1
    (tmp_path / "intermt.toml").write_text("[make-pairs]\nmin_agree = 0.2\n")
    assert min_agree() == 0.2
    assert options(cwd=tmp_path, **env)["turns"] == 9
    assert min_agree(INTERMT_MAKE_PAIRS_MIN_AGREE="0.3") == 0.3
    assert min_agree("--min-agree", "0.4", INTERMT_MAKE_PAIRS_MIN_AGREE="0.3") == 0.4


def test_every_option_has_its_variable(tmp_path):
    got = options(
        cwd=tmp_path,
        INTERMT_MAKE_PAIRS_FROM="csv",
        INTERMT_MAKE_PAIRS_REASON="0",
        INTERMT_MAKE_PAIRS_LEVEL="global",
        INTERMT_MAKE_PAIRS_DIMENSION="text_quality helpfulness",
    )
    assert got["from"] == "csv"
    assert got["reason"] is False
    assert got["level"] == "global"
    assert got["dimension"] == ["text_quality", "helpfulness"]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_variables_are_named_after_command_and_option(name):
    prefix = "INTERMT_" + name.upper().replace("-", "_")
    for option in COMMANDS[name].params:
        if isinstance(option, TyperOption) and option.name != "version":
            long = next(o for o in option.opts if o.startswith("--"))
            assert option.envvar == f"{prefix}_{long[2:].upper().replace('-', '_')}"


def test_configuration_file_values_of_all_types(tmp_path):
    (tmp_path / "intermt.toml").write_text(
        '[make-pairs]\nfrom = "csv"\ndimension = ["a b", "c"]\nreason = false\nturns = 3\n'
        'level = "global"\nmin-agree = 1\n'
    )
    got = options(cwd=tmp_path)
    assert got == {
        "files": None,
        "from": "csv",
        "dimension": ["a b", "c"],
        "reason": False,
        "turns": 3,
        "level": "global",
        "min_agree": 1.0,
        "output": "",
    }
    (tmp_path / "intermt.toml").write_text('[make-pairs]\ndimension = "a b"\n')
    assert options(cwd=tmp_path)["dimension"] == ["a b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[make-pairs]\nmin-agre = 1", "has no option 'min-agre' (did you mean min_agree?)"),
        ("[make-pairs]\nstore = 'x'", "has no option 'store'"),
        ("[make-pears]\nturns = 1", "[make-pears] is not a command (did you mean make-pairs?)"),
        ("[make-pairs]\nturns = true", "turns = True cannot be used"),
        ("[make-pairs]\nturns = 2.5", "turns = 2.5 cannot be used"),
        ("[make-pairs]\nturns = [1, 2]", "turns = [1, 2] cannot be used"),
        ("[make-pairs]\nturns = 'many'", "not a valid int"),
        ("[make-pairs]\nmin-agree = 7", "not in the range"),
        ("[make-pairs]\nlevel = 'loco'", "is not one of"),
        ("[make-pairs]\nturns = {a = 1}", "cannot be used"),
        ("[make-pairs", "not valid TOML"),
    ],
)
def test_unusable_configuration_is_named(text, words, tmp_path):
    (tmp_path / "intermt.toml").write_text(text)
    done = run("make-pairs", "--json", cwd=tmp_path)
    assert done.returncode == 78
    assert envelope(done)["errors"][0]["where"] == "intermt.toml"
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_help_and_version_need_no_usable_configuration(tmp_path):
    (tmp_path / "intermt.toml").write_text("[[[")
    assert run("make-pairs", "--help", cwd=tmp_path).returncode == 0
    assert run("make-pairs", "--version", cwd=tmp_path).returncode == 0
    assert run("--help", cwd=tmp_path).returncode == 0


def test_global_options_before_and_after_the_command(tmp_path):
    def store(*words, **env):
        return Path(asked(*words, "--json", cwd=tmp_path, **env)["store"])

    assert store("make-pairs") == Path("intermt-store")
    assert store("--store", "a", "make-pairs") == Path("a")
    assert store("make-pairs", "--store", "b") == Path("b")
    assert store("--store", "a", "make-pairs", "--store", "b") == Path("b")
    assert store("make-pairs", INTERMT_STORE="c") == Path("c")
    assert store("make-pairs", INTERMT_STORE="c", INTERMT_MAKE_PAIRS_STORE="d") == Path("d")
    both = {"INTERMT_STORE": "c", "INTERMT_MAKE_PAIRS_STORE": "d"}
    assert store("--store", "a", "make-pairs", **both) == Path("a")
    (tmp_path / "intermt.toml").write_text("store = 'e'\nlock_timeout = 0\n")
    assert store("make-pairs") == Path("e")
    assert store("make-pairs", INTERMT_STORE="c") == Path("c")


def test_global_flags_and_lock_timeout(tmp_path):
    def given(*words, **env):
        return asked(*words, cwd=tmp_path, **env)

    assert given("-q", "make-pairs", "--json")["quiet"] is True
    assert given("--json", "make-pairs", "-v")["verbose"] is True
    assert given("make-pairs", INTERMT_JSON="1", INTERMT_QUIET="1")["quiet"] is True
    assert given("make-pairs", "--json")["lock_timeout_s"] == 60
    assert given("--lock-timeout", "2.5", "make-pairs", "--json")["lock_timeout_s"] == 2.5
    (tmp_path / "intermt.toml").write_text("lock_timeout = 0\n")
    assert given("make-pairs", "--json")["lock_timeout_s"] == 0
    for wrong in ("-1", "nan", "soon"):
        assert run("make-pairs", "--lock-timeout", wrong, cwd=tmp_path).returncode == 2


def test_a_named_configuration_file_is_the_only_one_read(tmp_path):
    (tmp_path / "intermt.toml").write_text("[make-pairs]\nturns = 3\nfrom = 'csv'\n")
    (tmp_path / "other.toml").write_text("[make-pairs]\nturns = 4\n")
    for words in (
        ["--config", "other.toml", "make-pairs"],
        ["make-pairs", "--config", "other.toml"],
        ["--config", "none.toml", "make-pairs", "--config", "other.toml"],
    ):
        got = asked(*words, "--json", cwd=tmp_path)["options"]
        assert (got["turns"], got["from"]) == (4, "auto")
    assert options(cwd=tmp_path, INTERMT_CONFIG="other.toml")["turns"] == 4
    assert run("--config", "none.toml", "make-pairs", cwd=tmp_path).returncode == 78


def test_the_body_gets_typed_values(tmp_path):
    assert asked("make-pairs", "--json", "a", "b", cwd=tmp_path)["types"] == [
        "list",
        "NoneType",
        "str",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("stats", "--dataset", "a", "--dataset=b"),
        ("stats", "scaling", "--model", "a", "--model", "b"),
        ("judge", "--kind", "head", "--fit", "f", "--dimension", "a", "--dimension", "b"),
    ],
)
def test_a_second_name_is_refused_where_one_would_be_lost(words, tmp_path):
    done = run(*words, cwd=tmp_path, module="intermt")
    assert done.returncode == 2
    assert "is given 2 times and takes one name" in done.stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("stats", "--store", ""), "--store"),
        (("--store", "", "stats"), "--store"),
        (("stats", "--dataset="), "--dataset"),
        (("eval", "--judge", "a", "--judge", ""), "--judge"),
    ],
)
def test_an_option_without_anything_is_refused(words, option, tmp_path):
    done = run(*words, cwd=tmp_path, module="intermt")
    assert done.returncode == 2
    assert f"{option} is empty" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_may_not_be_read_is_a_matter_of_permission(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / "lock").touch()
    store.chmod(0o000)
    # Root may read everything, unless it gives that up.
    humble = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    if humble and shutil.which(humble[0]) is None:
        pytest.skip("there is no setpriv on this machine, and root may read everything")
    words = [*humble, sys.executable, "-m", "intermt", "stats", "--store", str(store)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment())
    store.chmod(0o700)
    assert done.returncode == 77, done.stderr


def test_what_may_be_said_again(tmp_path):
    got = options(
        *("--dimension", "a", "--dimension", "b", "--min-agree", "0.1", "--min-agree", "0.2"),
        cwd=tmp_path,
    )
    assert got["dimension"] == ["a", "b"]
    assert got["min_agree"] == 0.2
