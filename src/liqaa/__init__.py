"""liqaa reads Arabic news for who met whom, as host or guest, where, when, and about what.

    >>> import liqaa
    >>> nlp = liqaa.load()
    >>> liqaa.extract("استقبل الرئيس ...", published="2026-01-14").meetings

Importing liqaa loads neither torch nor spaCy; `load` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liqaa.api import extract, extract_all, load
    from liqaa.records import ArticleMeetings, Meeting, PairRelation, Participant, Party

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(("extract", "extract_all", "load"), "liqaa.api"),
    **dict.fromkeys(
        ("ArticleMeetings", "Meeting", "PairRelation", "Participant", "Party"), "liqaa.records"
    ),
}

__all__ = [
    "ArticleMeetings",
    "Meeting",
    "PairRelation",
    "Participant",
    "Party",
    "__version__",
    "extract",
    "extract_all",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'liqaa' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
