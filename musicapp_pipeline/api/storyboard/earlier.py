"""What becomes of typed edits when a whole list comes after them: it was made from what they show.

Applied again on top of it, a shift would shift twice.
"""

from typing import Any

from musicapp_pipeline.analysis.edits import BEATS, EDITS, Edit, readable
from musicapp_pipeline.api.storyboard.heard import analysis_of
from musicapp_pipeline.store.models import Storyboard


def beats(board: Storyboard, kept: dict[str, Any]) -> list[str]:
    """Let the grid as it is shown stand for the edits that made it.

    Returns:
        What the person should know.
    """
    mine, others = _split(kept)
    if not mine:
        return []
    plain = analysis_of(board).to_dict()
    kept["beatGrid"] = {name: plain[name] for name in ("bpm", "beats", "downbeats", "metre")}
    _keep(kept, others)
    return [f"earlier edits of the beats are part of the grid from now on ({_names(mine)})"]


def sections(kept: dict[str, Any]) -> list[str]:
    """Let a list of sections stand for the edits before it.

    Returns:
        What the person should know.
    """
    others, mine = _split(kept)
    if not mine:
        return []
    _keep(kept, others)
    return [f"the list of sections stands for your earlier edits of them ({_names(mine)})"]


def _split(kept: dict[str, Any]) -> tuple[list[Edit], list[Edit]]:
    """Stored edits of beats, and those of sections."""
    typed, _ = readable(kept.get("analysis", ()))
    return [e for e in typed if e.kind in BEATS], [e for e in typed if e.kind not in BEATS]


def _keep(kept: dict[str, Any], typed: list[Edit]) -> None:
    kept["analysis"] = EDITS.dump_python(tuple(typed), mode="json")


def _names(typed: list[Edit]) -> str:
    return ", ".join(e.kind.replace("_", " ") for e in typed)
