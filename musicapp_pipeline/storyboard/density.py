"""How long shots should be: long in an intro, short in a chorus, shorter as energy rises."""

from typing import Final

from musicapp_pipeline.storyboard.clips import Shelf

DRIVE: Final = {
    "intro": 0.10,
    "verse": 0.30,
    "prechorus": 0.60,
    "chorus": 0.90,
    "bridge": 0.25,
    "breakdown": 0.15,
    "instrumental": 0.60,
    "outro": 0.10,
}
"""How strongly a kind of section asks for cuts, 0 to 1, before its energy is heard."""
NEUTRAL_DRIVE: Final = 0.40
FORM_WEIGHT: Final = 0.6
"""Form leads and energy follows: a loud verse still cuts slower than its chorus."""


def drive_of(section_type: str) -> float:
    """The drive of a kind of section; unknown kinds are in the middle."""
    return DRIVE.get(section_type, NEUTRAL_DRIVE)


def target_frames(section_type: str, energy: float, shelf: Shelf) -> float:
    """The shot length in frames that a section wants at ``energy`` (0 to 1).

    Interpolates geometrically, because lengths are felt as ratios: from the longest scene at no
    drive to the quickest at full drive. The quickest is a little above the shortest scene, but
    not far below the shortest clip on sale: wishes that nobody would pay for would only make
    verse and chorus alike.
    """
    quickest = min(shelf.longest, max(1.25 * shelf.shortest, 0.75 * shelf.holds[0]))
    drive = FORM_WEIGHT * drive_of(section_type) + (1 - FORM_WEIGHT) * energy
    return float(shelf.longest * (quickest / shelf.longest) ** drive)
