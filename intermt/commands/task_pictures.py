"""The pictures of annotation tasks: files beside them, or inside them."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path
from typing import Literal

from intermt.domain.image_tags import find_tags
from intermt.errors import MissingInputError
from intermt.formats.writing.annotation_tasks import NO_PICTURE, ImageItem
from intermt.records import ImagePart
from intermt.store.images import ImageFolder

FOLDER = "pictures"
_MIME = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}


class TaskPictures:
    """Says where the pictures of tasks are, and puts them there.

    Args:
        images: The store's pictures.
        folder: The folder that is being written.
        how: `files` or `inline`.
    """

    def __init__(self, images: ImageFolder, folder: Path, how: Literal["files", "inline"]) -> None:
        self._images = images
        self._folder = folder / FOLDER
        self._how = how
        self._paths: dict[str, str | None] = {}
        # People see the same picture in several tasks that stand near each other.
        self._uri = lru_cache(maxsize=32)(self._read)

    @property
    def n_pictures(self) -> int:
        """Different pictures that were shown so far."""
        return sum(path is not None for path in self._paths.values())

    def item(self, part: ImagePart) -> ImageItem:
        """A picture as a task has it.

        Neither the name of its file nor the reason why it is missing is told: either could
        say which model the answer is from.
        """
        tags = find_tags(part.tag or "")
        caption = tags[0].caption if tags else None
        path = None if part.sha256 is None else self._path(part.sha256)
        if path is None or part.sha256 is None:
            return {"type": "image", "sha256": None, "caption": caption, "missing": NO_PICTURE}
        if self._how == "files":
            return {"type": "image", "path": path, "sha256": part.sha256, "caption": caption}
        data = self._uri(part.sha256)
        return {"type": "image", "data": data, "sha256": part.sha256, "caption": caption}

    def _path(self, sha256: str) -> str | None:
        """Where a picture's file is in the folder (or would be); None if it is gone."""
        if sha256 not in self._paths:
            found = self._images.find(sha256)
            self._paths[sha256] = None if found is None else f"{FOLDER}/{found.name}"
            if found is not None and self._how == "files":
                try:
                    content = self._images.read(sha256)
                except MissingInputError:
                    self._paths[sha256] = None
                else:
                    self._folder.mkdir(exist_ok=True)
                    (self._folder / found.name).write_bytes(content)
        return self._paths[sha256]

    def _read(self, sha256: str) -> str:
        path = self._paths[sha256]
        assert path is not None
        content = base64.b64encode(self._images.read(sha256)).decode()
        return f"data:{_MIME[Path(path).suffix]};base64,{content}"
