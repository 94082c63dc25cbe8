"""Fetching the pictures that an imported file names by URL, each of them once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from intermt.commands.picture_files import NoPicture
from intermt.servers.picture_fetch import FetchError, PictureFetcher


@contextmanager
def picture_fetching() -> Iterator[Callable[[str], bytes]]:
    """What gives the content of a public http or https URL, for `PictureFiles`.

    An import looks at its rows twice. What a URL gave the first time, or why it gave nothing,
    is kept on disk until the end, so that both looks see the same.
    """
    with (
        PictureFetcher() as fetcher,
        tempfile.TemporaryDirectory(prefix="intermt-pictures-") as folder,
    ):

        def fetch(url: str) -> bytes:
            name = hashlib.sha256(url.encode()).hexdigest()
            kept, reason = Path(folder, name), Path(folder, f"{name}.why")
            if kept.exists():
                return kept.read_bytes()
            if not reason.exists():
                try:
                    content = fetcher.fetch(url)
                except FetchError as error:
                    reason.write_text(str(error), encoding="utf-8")
                else:
                    kept.write_bytes(content)
                    return content
            raise NoPicture(reason.read_text(encoding="utf-8"))

        yield fetch
