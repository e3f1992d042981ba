"""Which clip a scene buys, and what of it is left beside the cut."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is on sale, in frames: ``holds[n]`` whole frames fit into ``seconds[n]``.

    ``longest`` and ``shortest`` bound a scene. The shortest is at most half of the longest, so
    that any stretch longer than one scene can be divided.
    """

    seconds: tuple[int, ...]
    holds: tuple[Frames, ...]
    longest: Frames
    shortest: Frames

    def clip_for(self, frames: Frames) -> int:
        """The shortest duration that covers ``frames``, in seconds.

        Raises:
            BadPlannerOptions: when no duration covers it.
        """
        n = bisect_left(self.holds, frames)
        if n == len(self.holds):
            raise BadPlannerOptions(
                f"a scene of {frames} frames is longer than the longest clip of"
                f" {self.seconds[-1]} s ({self.holds[-1]} frames); split it",
                field="frames",
                value=frames,
                allowed=f"at most {self.holds[-1]} frames",
            )
        return self.seconds[n]


def shelf_of(options: PlannerOptions) -> Shelf:
    """What a project may buy and how long its scenes may be.

    Raises:
        BadPlannerOptions: when the model sells nothing.
    """
    sold = sold_durations(options)
    longest = max(1, whole_frames(min(options.clip_seconds, sold[-1]), options.fps))
    wanted = whole_frames(options.min_seconds, options.fps)
    return Shelf(
        seconds=sold,
        holds=tuple(whole_frames(seconds, options.fps) for seconds in sold),
        longest=longest,
        shortest=max(1, min(wanted, longest // 2)),
    )


def longest_scene(options: PlannerOptions) -> Frames:
    """The most frames a scene may have: what the longest clip holds, at most ``clip_seconds``."""
    return shelf_of(options).longest


def shortest_scene(options: PlannerOptions) -> Frames:
    """The fewest frames a scene should have, where the song's sections allow it."""
    return shelf_of(options).shortest


def clip_seconds_for(frames: Frames, options: PlannerOptions) -> int:
    """The shortest duration on sale that covers ``frames``; handles never buy a longer one.

    Raises:
        BadPlannerOptions: when no duration covers it.
    """
    return shelf_of(options).clip_for(frames)


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
