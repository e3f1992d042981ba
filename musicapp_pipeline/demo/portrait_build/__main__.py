"""Command: `python -m musicapp_pipeline.demo.portrait_build [--out FILE] [--size N]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from musicapp_pipeline.demo.portrait_build.compose import portrait
from musicapp_pipeline.demo.portrait_build.frame import FINAL_SIZE

SHIPPED = Path(__file__).parent.parent / "portrait.jpg"
_QUALITY = 92


def main() -> None:
    """Paint the portrait and write it."""
    parser = argparse.ArgumentParser(description="Paint the demo's default singer.")
    parser.add_argument(
        "--out", type=Path, default=SHIPPED, help="file to write (default: the shipped one)"
    )
    parser.add_argument("--size", type=int, default=FINAL_SIZE, help="width and height in pixels")
    parser.add_argument(
        "--supersample", type=int, default=2, help="canvas enlargement, averaged down"
    )
    given = parser.parse_args()
    picture = Image.fromarray(portrait(given.size, given.supersample))
    if given.out.suffix == ".jpg":
        picture.save(given.out, quality=_QUALITY, subsampling=0, optimize=True)
    else:
        picture.save(given.out)
    print(given.out)


if __name__ == "__main__":
    main()
