"""Merge the base config with thin variants into one config that spaCy can train.

python scripts/make_config.py configs/base.cfg configs/trf_gpu.cfg -o training/config.cfg
"""

from __future__ import annotations

import argparse
from pathlib import Path

from thinc.api import Config

from liqaa.files import write_atomically


def merge(base: Path, variants: list[Path]) -> Config:
    """The base config with each variant's settings laid over it, in order."""
    config = Config().from_disk(base, interpolate=False)
    for variant in variants:
        config = Config(config).merge(
            Config().from_str(_with_parents(variant.read_text(encoding="utf-8")), interpolate=False)
        )
    return config


def _with_parents(text: str) -> str:
    """A config in which every section stands after its parents, as the parser wants it."""
    lines: list[str] = []
    seen: set[str] = set()
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            parts = line[1:-1].split(".")
            for i in range(1, len(parts)):
                parent = ".".join(parts[:i])
                if parent not in seen:
                    seen.add(parent)
                    lines += [f"[{parent}]", ""]
            seen.add(line[1:-1])
        lines.append(line)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("base", type=Path)
    parser.add_argument("variants", type=Path, nargs="*")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    write_atomically(
        arguments.output, merge(arguments.base, arguments.variants).to_str(interpolate=False)
    )


if __name__ == "__main__":
    main()
