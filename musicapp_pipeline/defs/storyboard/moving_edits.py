"""A person's corrections for another master of the song."""

from collections.abc import Callable, Mapping
from typing import Any

from musicapp_pipeline.analysis.corrections import left_out, shifted
from musicapp_pipeline.defs.making import digest
from musicapp_pipeline.store import projects
from musicapp_pipeline.store.models import Project, Storyboard
from musicapp_pipeline.storyboard.text import clean, shortened


def move(
    board: Storyboard,
    project: Project,
    before: Mapping[str, Any],
    master: str,
    seconds_of: Callable[[str], float | None],
) -> dict[str, Any]:
    """Shift the corrections. What lies outside the new song is named, and there again with a song
    that has it: what they were when they were written is kept until a person changes them.

    Args:
        before: what the storyboard noted until now.
        master: the song that they are timed for if that says nothing else.
        seconds_of: how much later everything is than in a former master; None if that was another
            recording.

    Returns:
        What to note: whose they are if they could not follow (``edits``), where they come from
        (``written``), and what is left out (``lost``).
    """
    edits = board.edits
    if not edits:
        return {}
    now = digest(edits)
    foreign, written = before.get("edits"), before.get("written")
    if foreign and foreign["print"] == now:
        master = foreign["of"]
    if written and written["print"] == now:
        edits, master = written["edits"], written["of"]
    seconds = seconds_of(master)
    if seconds is None:
        kept = {"written": written} if written and written["print"] == now else {}
        return {"edits": {"of": master, "print": now}, **kept}
    duration = float(board.analysis["duration"])
    new = shifted(edits, seconds, duration)
    lines = new.get("heardLyrics")
    if lines:
        of = board.edits["heardLyrics"]["of"]
        if of == projects.words_of(project, before.get("url")):
            of = projects.words_of(project)
        new["heardLyrics"] = {**lines, "of": of}
        edits = {**edits, "heardLyrics": {**edits["heardLyrics"], "of": of}}
    board.edits = new
    note: dict[str, Any] = {"written": {"of": master, "edits": edits, "print": digest(new)}}
    if gone := left_out(edits, seconds, duration):
        named = shortened(clean(", ".join(gone)), 400)
        note["lost"] = [f"outside the new song, and left out until one has room for it: {named}"]
    return note
