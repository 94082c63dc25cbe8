"""Pictures as files under their content address."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from intermt.errors import InputError, MissingInputError, StoreIOError
from intermt.records import MAX_PIXELS
from intermt.store.connect import Store
from intermt.store.images import ImageFolder, inspect

from .samples import AS_NOBODY, IS_ROOT, finish, picture, start


@pytest.fixture
def images(store: Store) -> ImageFolder:
    return store.create().images


@pytest.mark.parametrize(
    ("kind", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")]
)
def test_each_format_lies_under_its_content(images: ImageFolder, kind: str, extension: str) -> None:
    content = picture(3, kind)
    image = images.add(content)
    sha256 = hashlib.sha256(content).hexdigest()
    assert (image.sha256, image.extension) == (sha256, extension)
    assert (image.width, image.height, image.n_bytes) == (8, 6, len(content))
    path = images.folder / sha256[:2] / f"{sha256}.{extension}"
    assert path.read_bytes() == content == images.read(sha256)
    assert images.find(sha256) == path
    assert list(images.files()) == [path]


def test_camera_pictures_with_a_preview_are_jpeg(images: ImageFolder) -> None:
    buffer = io.BytesIO()
    frame = PillowImage.new("RGB", (8, 8))
    frame.save(buffer, "MPO", save_all=True, append_images=[frame])
    assert images.add(buffer.getvalue()).extension == "jpg"


def test_adding_twice_is_adding_once(images: ImageFolder) -> None:
    image = images.add(picture())
    before = next(images.files()).stat()
    assert images.add(picture()) == image
    after = next(images.files()).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert len(list(images.files())) == 1


def test_a_file_cut_short_by_a_power_cut_is_written_again(images: ImageFolder) -> None:
    image = images.add(picture())
    path = next(images.files())
    for size in (0, 10):
        os.truncate(path, size)
        assert images.add(picture()) == image
        assert path.read_bytes() == picture()


def name_of(fd: int) -> str:
    return str(Path(f"/proc/self/fd/{fd}").readlink())


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        picture()[:-30],
        picture(0, "JPEG")[:200],
        b"%PDF-1.4",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"II*\0" + b"\0" * 100,
    ],
)
def test_what_is_no_whole_picture_is_refused(images: ImageFolder, content: bytes) -> None:
    with pytest.raises(InputError, match="not a readable PNG"):
        images.add(content)
    assert list(images.files()) == []


@pytest.mark.parametrize("side", [8_001, 9_600, 14_000, 20_000, 2_000_000])
def test_bombs_are_refused_before_they_are_unpacked(images: ImageFolder, side: int) -> None:
    assert side * side > MAX_PIXELS
    with pytest.raises(InputError, match="pixels"):
        images.add(png_of(side, side))


def test_other_formats_are_refused(images: ImageFolder) -> None:
    for kind in ("BMP", "TIFF"):
        with pytest.raises(InputError):
            inspect(picture(0, kind))


def test_a_picture_that_is_not_there(images: ImageFolder) -> None:
    with pytest.raises(MissingInputError, match="not in the store"):
        images.read("ab" * 32)


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "AB" * 32, "ab", "ab" * 31 + "/."])
def test_an_address_is_never_a_path(images: ImageFolder, address: str) -> None:
    (images.folder.parent / "x.png").write_bytes(b"secret")
    assert images.find(address) is None
    with pytest.raises(MissingInputError):
        images.read(address)


def test_four_processes_add_the_same_pictures(images: ImageFolder) -> None:
    code = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.images import ImageFolder
from tests.store.samples import picture
images = ImageFolder(Path(sys.argv[1]))
for n in range(100):
    images.add(picture(n))
images.sync()
"""
    for process in [start(code, images.folder) for _ in range(4)]:
        finish(process)
    paths = list(images.files())
    assert len(paths) == 100
    assert images.leftovers() == []
    for path in paths:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


def test_sync_waits_for_files_and_their_folders(
    images: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(name_of(fd)))
    image = images.add(picture())
    assert synced == []
    images.sync()
    path = images.find(image.sha256)
    assert path is not None
    assert synced[0] == str(path)
    assert set(synced[1:]) == {str(path.parent), str(path.parent.parent)}
    synced.clear()
    images.sync()
    assert synced == []
    # One that was there may be another process's, not synced yet, if it is young.
    images.add(picture())
    images.sync()
    assert str(path) in synced
    synced.clear()
    os.utime(path, (0, 0))
    images.add(picture())
    images.sync()
    assert synced == []


def test_records_are_written_only_after_their_pictures_are_synced(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([store.images.add(picture(1))])
    synced: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        synced.append(name_of(fd))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    with store.writing() as db:
        image = store.images.add(picture(2))
        db.execute("SELECT 1")
    assert any(image.sha256 in name for name in synced)
    synced.clear()
    store.keep([store.images.add(picture(3))])
    assert "images" in synced[0]
    assert "journal" in synced[-1]


def test_sync_that_fails_is_tried_again(
    images: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    images.add(picture())
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(StoreIOError, match="No space left"):
            images.sync()
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    images.sync()
    assert len(synced) == 3


def test_a_picture_removed_before_the_sync_is_no_error(images: ImageFolder) -> None:
    images.add(picture())
    next(images.files()).unlink()
    images.sync()


def test_full_disk_leaves_no_half_picture(
    images: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_bytes(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(StoreIOError, match="No space left") as caught:
        images.add(picture())
    assert caught.value.exit_code == 74
    assert list(images.files()) == []
    assert images.leftovers() == []


def test_leftovers_of_a_killed_process_are_listed_but_are_no_pictures(
    images: ImageFolder,
) -> None:
    images.add(picture())
    left = next(images.files()).parent / ".abc.png.1234"
    left.write_bytes(b"half")
    assert images.leftovers() == [left]
    assert len(list(images.files())) == 1


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_a_folder_one_may_not_write_is_a_refusal(open_folder: Path) -> None:
    code = """
sys.path.insert(0, ".")
try:
    Store(Path(sys.argv[1])).images.add(bytes.fromhex(sys.argv[2]))
except PermissionRefused as error:
    print(int(error.exit_code), error.what)
"""
    Store(open_folder / "s").create()
    said = finish(start(AS_NOBODY + code, open_folder / "s", picture().hex()))
    assert said.startswith("77 no permission to write pictures to")
