"""That a dataset which was named is in the store, or which ones are."""

from __future__ import annotations

from collections.abc import Collection

from intermt.errors import MissingInputError
from intermt.store.connect import Store


def require_dataset(name: str | None, known: Collection[str], store: Store) -> None:
    """Go on only if a dataset is among those known; None, for all of them, always is.

    Raises:
        MissingInputError: It is not; the error names those that are.
    """
    if name is not None and name not in known:
        raise MissingInputError(
            f"there is no dataset {name!r}",
            where=str(store.folder),
            todo=f"the store has {', '.join(known) or 'none yet'}",
        )
