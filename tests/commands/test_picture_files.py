from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from intermt.commands import picture_files as module
from intermt.commands.picture_files import NoPicture, PictureFiles, UnseenPictures
from intermt.store.images import ImageFolder
from tests.store.samples import picture

PICTURE = picture()


def missing(folder: Path, name: str) -> str | None:
    return PictureFiles(folder, None).find(name).missing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "pictures"
    (inside / "deeper").mkdir(parents=True)
    (inside / "a.png").write_bytes(PICTURE)
    (inside / "deeper" / "b.png").write_bytes(PICTURE)
    (tmp_path / "secret.png").write_bytes(PICTURE)
    return inside


def test_names_below_the_folder_are_found_and_stored(folder: Path, tmp_path: Path) -> None:
    images = ImageFolder(tmp_path / "images")
    files = PictureFiles(folder, images)
    for name in ("a.png", "deeper/b.png", "./deeper/../a.png"):
        image = files.find(name).image
        assert image is not None
    (stored,) = (tmp_path / "images").rglob("*.png")
    assert stored.read_bytes() == PICTURE


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../secret.png", "refused: outside the picture folder"),
        ("deeper/../../secret.png", "refused: outside the picture folder"),
        ("/etc/passwd", "refused: outside the picture folder"),
        ("link.png", "refused: outside the picture folder"),
        ("away/secret.png", "refused: outside the picture folder"),
        ("gone.png", "not found"),
        ("deeper", "not found"),
        ("pipe", "not found"),
        ("", "not found"),
        ("a\0.png", "refused: not a file name"),
        ("x" * 5000, "not readable"),
        ("http://example.org/a.png", "refused: a URL, not a file"),
        ("file:///etc/passwd", "refused: a URL"),
        ("data:image/png,", "refused: "),
        ("data:image/png", "refused: a data URI without data"),
        ("data:image/png;base64,!!!!", "refused: a data URI that is not base64"),
        ("data:text/html;base64,PHNjcmlwdD4=", "refused: "),
        ("loop", "not readable"),
        ("text.png", "refused: "),
    ],
)
def test_what_may_not_be_read_is_refused_by_name(
    folder: Path, tmp_path: Path, name: str, reason: str
) -> None:
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "away").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "text.png").write_text("<svg/>")
    os.mkfifo(folder / "pipe")
    found = missing(folder, name)
    assert found is not None
    assert found.startswith(reason)


def test_a_link_within_the_folder_is_a_picture(folder: Path) -> None:
    (folder / "same.png").symlink_to(folder / "a.png")
    assert missing(folder, "same.png") is None


def test_a_data_uri_is_a_picture(folder: Path) -> None:
    encoded = base64.b64encode(PICTURE).decode()
    plain = PictureFiles(folder, None).find("a.png").image
    for uri in (
        f"data:image/png;base64,{encoded}",
        f"data:;base64,{encoded}",
        f"DATA:image/png;charset=x;BASE64,{encoded[:20]}\n {encoded[20:]}",
        "data:image/png," + "".join(f"%{byte:02x}" for byte in PICTURE),
    ):
        assert PictureFiles(folder, None).find(uri).image == plain


def test_large_pictures_are_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", len(PICTURE) - 1)
    assert "over" in str(missing(folder, "a.png"))
    encoded = base64.b64encode(PICTURE).decode()
    assert "over" in str(missing(folder, f"data:image/png;base64,{encoded}"))
    assert "over" in str(missing(folder, f"data:image/png;base64,{encoded * 9}"))


def test_a_bomb_of_pixels_is_refused(folder: Path) -> None:
    header = bytearray(PICTURE)
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    (folder / "bomb.png").write_bytes(header)
    assert str(missing(folder, "bomb.png")).startswith("refused: ")


def test_addresses_are_fetched_once_where_the_user_asks(folder: Path) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        if "gone" in url:
            raise NoPicture("not fetched: HTTP 404")
        return PICTURE

    files = PictureFiles(folder, None, fetch)
    for _ in range(3):
        assert files.find("https://example.org/a.png").image is not None
        assert files.find("https://example.org/gone").missing == "not fetched: HTTP 404"
    assert asked == ["https://example.org/a.png", "https://example.org/gone"]


def test_few_names_are_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    files = PictureFiles(folder, None)
    assert [files.find(name).missing for name in ("a.png", "x", "y", "a.png")] == [
        None,
        "not found",
        "not found",
        None,
    ]
    assert len(files._seen) == 2


def test_unseen_pictures_are_not_looked_up() -> None:
    assert UnseenPictures().find("/etc/passwd").missing == "not looked up"
