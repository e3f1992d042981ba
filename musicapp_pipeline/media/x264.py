"""One set of encoder parameters, so that whatever we encode can be joined without re-encoding."""

from fractions import Fraction

CRF = 19
PRESET = "superfast"
"""Three quarters of ``veryfast``'s CPU at equal VMAF, for a tenth more bytes (docs/assembly.md)."""
THREADS = 4
"""Fixed: x264's output depends on the number of threads, and equal input must give equal bytes."""

COLOR_TAGS = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}


# What an encoder's preset may change in the headers (references, reordering, entropy coding) is
# pinned, so that a fast and a slow encode still splice.
_PINNED = "ref=1:bframes=2:b-pyramid=normal:weightp=1:8x8dct=1:cabac=1"


def stitchable_params(fps: Fraction) -> str:
    """``-x264-params``: headers that do not depend on the content, closed GOPs of about 1 s."""
    keyint = max(round(fps), 1)
    gop = f"open-gop=0:keyint={keyint}:min-keyint=1:scenecut=0"
    return f"stitchable=1:{gop}:{_PINNED}:threads={THREADS}"


def track_timescale(fps: Fraction) -> int:
    """Ticks a second of which every frame takes a whole number, at least 10,000.

    24 → 12288, 25 → 12800, 30 → 15360, 24000/1001 → 24000.
    """
    ticks = fps.numerator
    while ticks < 10_000:
        ticks *= 2
    return ticks


def ticks_per_frame(fps: Fraction) -> int:
    """How many ticks of :func:`track_timescale` one frame takes."""
    return int(track_timescale(fps) / fps)
