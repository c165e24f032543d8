"""Reading text with errors that name the file; writing so that no run leaves half a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from liqaa.errors import InputError


def read_text(path: Path, kind: str = "text") -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Args:
        path: the file.
        kind: what it should be, for the error.

    Raises:
        InputError: the file cannot be read or is not UTF-8; names it.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); give a UTF-8 {kind} file.") from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8) to `path` through a temporary file in the same folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp makes 0600
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
