"""Which clip a scene buys, and what of it is left beside the cut."""

from collections.abc import Sequence

from musicapp_pipeline.storyboard.errors import BadPlannerOptions
from musicapp_pipeline.storyboard.model import PlannedScene, PlannerOptions
from musicapp_pipeline.timebase import Frames, whole_frames


def sold_durations(options: PlannerOptions) -> tuple[int, ...]:
    """The durations this project may buy, in seconds, ascending.

    Those up to ``clip_seconds``; when the model sells none so short, the shortest it has.

    Raises:
        BadPlannerOptions: when the model sells nothing.
    """
    offered = sorted(set(options.durations))
    if not offered or offered[0] < 1:
        raise BadPlannerOptions(
            f"durations {options.durations} hold no clip length; name the whole seconds"
            " the video model sells, for example (4, 8, 12)",
            field="durations",
            value=options.durations,
            allowed="one or more whole numbers of seconds, each at least 1",
        )
    affordable = tuple(seconds for seconds in offered if seconds <= options.clip_seconds)
    return affordable or (offered[0],)


def longest_scene(options: PlannerOptions) -> Frames:
    """The most frames a scene may have: what the longest clip holds, at most ``clip_seconds``."""
    seconds = min(options.clip_seconds, sold_durations(options)[-1])
    return max(1, whole_frames(seconds, options.fps))


def shortest_scene(options: PlannerOptions) -> Frames:
    """The fewest frames a scene should have; at most half of the longest, so that any stretch
    longer than one scene can be divided."""
    longest = longest_scene(options)
    return max(1, min(whole_frames(options.min_seconds, options.fps), longest // 2))


def clip_seconds_for(frames: Frames, options: PlannerOptions) -> int:
    """The shortest duration on sale that covers ``frames``; handles never buy a longer one.

    Args:
        frames: a scene's length.

    Raises:
        BadPlannerOptions: when no duration covers it.
    """
    sold = sold_durations(options)
    for seconds in sold:
        if whole_frames(seconds, options.fps) >= frames:
            return seconds
    raise BadPlannerOptions(
        f"a scene of {frames} frames is longer than the longest clip of {sold[-1]} s"
        f" ({whole_frames(sold[-1], options.fps)} frames at {options.fps} fps); split it",
        field="frames",
        value=frames,
        allowed=f"at most {whole_frames(sold[-1], options.fps)} frames",
    )


def handles_for(
    frames: Frames, clip_seconds: int, options: PlannerOptions
) -> tuple[Frames, Frames]:
    """How the spare frames of a clip are used: ``(head, tail)``; the tail is served first."""
    spare = max(0, whole_frames(clip_seconds, options.fps) - frames)
    tail = min(spare, options.tail_handle)
    return min(spare - tail, options.head_handle), tail


def screen_share(scenes: Sequence[PlannedScene], options: PlannerOptions) -> float:
    """The share of the paid seconds that is seen, 0 to 1."""
    paid = sum(scene.clip_seconds for scene in scenes)
    seen = sum(scene.frames for scene in scenes) / options.fps
    return float(seen / paid) if paid else 0.0
