"""Folders that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from intermt.commands.whole_folder import whole_folder
from intermt.errors import CannotCreate
from tests.commands.work import files


def write(target: Path, text: str, *, replace: bool = False) -> bool:
    """Write a folder of two files; whether it was there with the same content."""
    with whole_folder(target, marker="marker", replace=replace) as new:
        (new.path / "marker").write_text("ours")
        (new.path / "deep").mkdir()
        (new.path / "deep" / "file").write_text(text)
        new.settle()
    return new.is_unchanged


def test_it_appears_with_all_its_files(tmp_path: Path) -> None:
    assert not write(tmp_path / "out", "1")
    assert files(tmp_path).keys() == {"out/marker", "out/deep/file"}
    assert write(tmp_path / "out", "1")
    assert files(tmp_path).keys() == {"out/marker", "out/deep/file"}


def test_another_one_is_replaced_on_demand_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "1")
    with pytest.raises(CannotCreate, match="something else"):
        write(out, "2")
    assert (out / "deep" / "file").read_text() == "1"
    (out / "deep" / "note").write_text("somebody's own")
    assert not write(out, "2", replace=True)
    assert files(tmp_path).keys() == {"out/marker", "out/deep/file"}
    assert (out / "deep" / "file").read_text() == "2"


def fail(target: Path, error: type[BaseException]) -> None:
    with whole_folder(target, marker="marker", replace=True) as new:
        (new.path / "marker").write_text("half")
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_nothing_is_left_of_one_that_fails(tmp_path: Path, error: type[BaseException]) -> None:
    out = tmp_path / "out"
    write(out, "1")
    before = files(tmp_path)
    with pytest.raises(CannotCreate if error is OSError else error):
        fail(out, error)
    assert files(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_has_no_marker_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    (tmp_path / "file").touch()
    for name in ("out", "file"):
        with (
            pytest.raises(CannotCreate, match="not written by this command"),
            whole_folder(tmp_path / name, marker="marker", replace=True),
        ):
            raise AssertionError("the block must not run")
    assert files(tmp_path).keys() == {"out/mine", "file"}


def test_a_link_keeps_pointing_where_it_points(tmp_path: Path) -> None:
    write(tmp_path / "real", "1")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "2", replace=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "deep" / "file").read_text() == "2"
