"""Progress bars: seen by a person at a terminal or in a notebook, not by a log or a test."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def shown(wanted: bool) -> bool:
    """Return whether a bar that the caller wants would be seen by a person.

    The environment variable ``TQDM_DISABLE`` hides all bars.
    """
    return wanted and "TQDM_DISABLE" not in os.environ and (sys.stderr.isatty() or "ipykernel" in sys.modules)


def bar(items: Collection[Item], what: str, *, show: bool) -> Iterator[Item]:
    """Yield the items, with a bar when it takes longer than two seconds.

    Args:
        items: what is worked through.
        what: the words in front of the bar.
        show: False for none; see `shown`.
    """
    from tqdm.auto import tqdm

    return iter(tqdm(items, desc=what, delay=2, disable=not shown(show)))
