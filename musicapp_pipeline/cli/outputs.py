"""Where a finished video goes: never over a file that somebody else put there."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from musicapp_pipeline.cli.options import BadOption
from musicapp_pipeline.media.files import whole_file
from musicapp_pipeline.store.media import sha256_file


class Outputs:
    """The files that one project has put into people's folders, by path, with their digests.

    A file that was changed since, or that was there before, is a person's own.
    """

    def __init__(self, home: Path, project_id: str) -> None:
        self._notes = home / "outputs" / f"{project_id}.json"
        self._written: dict[str, str] = _read(self._notes)

    def put(self, out: Path, names: Sequence[str], sources: Mapping[str, Path]) -> dict[str, Path]:
        """Copy files into ``out``, whole or not at all; equal ones are left alone.

        Args:
            names: of these the first is taken under which nothing of a person's would be lost;
                when there is none, the last with a number.
            sources: by what follows the name, as in ``-poster.jpg``.

        Returns:
            The files by the same keys.
        """
        digests = {suffix: sha256_file(source) for suffix, source in sources.items()}
        name = self._free(out, names, digests)
        targets = {suffix: out / f"{name}{suffix}" for suffix in sources}
        for suffix, target in targets.items():
            if not self._equal(target, digests[suffix]):
                _copy(sources[suffix], target)
            self._written[str(target)] = digests[suffix]
        with whole_file(self._notes) as part:
            part.write_text(json.dumps(self._written, indent=1), encoding="utf-8")
        return targets

    def _free(self, out: Path, names: Sequence[str], digests: Mapping[str, str]) -> str:
        number = 1
        candidates = list(names)
        while True:
            name = candidates.pop(0)
            if all(self._ours(out / f"{name}{suffix}", new) for suffix, new in digests.items()):
                return name
            if not candidates:
                number += 1
                candidates.append(f"{names[-1]}-{number}")

    def _ours(self, target: Path, new: str) -> bool:
        if not os.path.lexists(target):
            return True
        return self._equal(target, new) or self._equal(target, self._written.get(str(target)))

    @staticmethod
    def _equal(target: Path, digest: str | None) -> bool:
        return (
            digest is not None
            and target.is_file()
            and not target.is_symlink()
            and sha256_file(target) == digest
        )


def _read(notes: Path) -> dict[str, str]:
    try:
        found = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _copy(source: Path, target: Path) -> None:
    try:
        with whole_file(target) as part:
            shutil.copyfile(source, part)
    except OSError as error:  # which names the source, as if its disk were the full one
        raise BadOption(
            f"--out: {target} cannot be written ({error.strerror or error}); the video is kept,"
            " and the same command puts it there",
            field="--out",
            value=str(target),
            allowed="a folder that can be written to, with room for the video",
        ) from error
