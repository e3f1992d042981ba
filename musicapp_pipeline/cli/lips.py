"""``musicapp align`` and ``musicapp lipsync``."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from musicapp_pipeline.cli.files import BadFile, existing, read_text, writable
from musicapp_pipeline.lipsync.model import Phoneme


def align_json(audio: Path, lyrics: Path) -> dict[str, Any]:
    """``{"words": […], "phonemes": […]}`` in seconds."""
    from musicapp_pipeline.lipsync.align import align

    found = align(existing(audio, "audio"), read_text(lyrics, "lyrics"))
    plain = found.model_dump()
    return {"words": plain["words"], "phonemes": plain["phonemes"]}


def lipsync_file(video: Path, audio: Path, phonemes: Path, out: Path) -> None:
    """Write OUT; raises NoUsableMouth and leaves nothing behind when there is none."""
    from musicapp_pipeline.lipsync.process import lip_sync_clip

    phones = _phones(phonemes)
    target = writable(out, "out")
    lip_sync_clip(existing(video, "video"), existing(audio, "audio"), phones, target)


def _phones(path: Path) -> list[Phoneme]:
    try:
        data = json.loads(read_text(path, "phonemes"))
        listed = data["phonemes"] if isinstance(data, dict) else data
        return TypeAdapter(list[Phoneme]).validate_python(listed)
    except (json.JSONDecodeError, KeyError, ValidationError) as error:
        raise BadFile(
            f"phonemes: {path.name} is not what `musicapp align` prints: {error}",
            field="phonemes",
            value=path.name,
            allowed='{"phonemes": [{"phoneme": "AH0", "start": 0.1, "end": 0.2}]}',
        ) from error
