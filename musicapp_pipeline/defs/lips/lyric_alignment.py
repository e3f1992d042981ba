"""When the words and phones of a scene are sung."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.lips.vocal_segment import window_in
from musicapp_pipeline.defs.making import digest, need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import VOCAL_SEGMENT
from musicapp_pipeline.store.artifacts import Made


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    return {
        "voice": version_of(session, "vocal_segment", key),
        "lyrics": window_in(session, key).lyrics,
    }


def prepare(task: Task) -> None:
    """The voice is cheap and always wanted with its words."""
    task.ensure(VOCAL_SEGMENT, task.key)


def make(task: Task) -> Made:
    """Words and phones in seconds of the song."""
    from musicapp_pipeline.lipsync.align import align

    bench = task.bench
    with bench.database.read() as session:
        voice = need(session, "vocal_segment", task.key)
        window = window_in(session, task.key)
    assert voice.media_key is not None
    path = bench.media.fetch(voice.media_key)
    found = align(path, window.lyrics, stem=path)
    offset = float(voice.details["start"])
    words = [{**w.model_dump(), **_shift(w, offset)} for w in found.words]
    phones = [{**p.model_dump(), **_shift(p, offset)} for p in found.phonemes]
    sure = [w.confidence for w in found.words]
    return Made(
        data_version=digest([words, phones]),
        details={
            "words": words,
            "phonemes": phones,
            "shown": {
                "lyrics": window.lyrics,
                "words": len(words),
                "phonemes": len(phones),
                "mean_confidence": sum(sure) / len(sure) if sure else 0.0,
                "method": found.method,
                "notes": list(found.notes),
            },
        },
    )


def _shift(item: Any, offset: float) -> dict[str, float]:
    return {"start": round(item.start + offset, 4), "end": round(item.end + offset, 4)}
