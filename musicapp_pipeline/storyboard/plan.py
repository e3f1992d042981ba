"""From a song's analysis to a storyboard: where to cut, what to show, and why."""

from collections.abc import Mapping, Sequence

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.clips import shelf_of
from musicapp_pipeline.storyboard.cuts import map_cuts
from musicapp_pipeline.storyboard.energy import EnergyTrack
from musicapp_pipeline.storyboard.ideas import rank_worlds
from musicapp_pipeline.storyboard.kinds import Candidate, choose_kinds
from musicapp_pipeline.storyboard.layout import Span, lay_out
from musicapp_pipeline.storyboard.lyrics import LineTrack
from musicapp_pipeline.storyboard.model import (
    KeptScene,
    PlannedScene,
    PlannerOptions,
    Said,
    SceneType,
    TimedLine,
)
from musicapp_pipeline.storyboard.moods import mood_of, tone_of
from musicapp_pipeline.storyboard.shots import Picture, Slot, choose_pictures
from musicapp_pipeline.storyboard.vocabulary import World
from musicapp_pipeline.storyboard.why import explain
from musicapp_pipeline.timebase import Frames


def plan_scenes(
    analysis: SongAnalysis, lines: Sequence[TimedLine], options: PlannerOptions
) -> tuple[PlannedScene, ...]:
    """Cut a song into scenes and say what each shows.

    Args:
        analysis: beats, downbeats, onsets, energy and sections; any of them may be empty.
        lines: timed lyrics in any order, overlapping or not; may be empty.
        options: frame rate, lengths on sale, density, seed.

    Returns:
        Scenes that tile ``[0, frame_at(duration, fps))``; the same input gives the same plan.

    Raises:
        NothingToPlan: when the song is shorter than one frame.
        BadPlannerOptions: when the model sells no duration, or the world is unknown.

    Source: DESIGN of this project; the cut is chosen as ``storyboard.dp`` describes.
    """
    return plan_with_kept(analysis, lines, options, ())


def plan_with_kept(
    analysis: SongAnalysis,
    lines: Sequence[TimedLine],
    options: PlannerOptions,
    kept: Sequence[KeptScene],
    said: Mapping[tuple[Frames, Frames], Said] | None = None,
) -> tuple[PlannedScene, ...]:
    """All scenes of the song: those of ``kept``, which are ascending, apart and inside it, with
    the words, section and energy of their interval, and new ones around them.

    Args:
        said: what a person set, by the frames of the scene; it binds where these are cut again.
    """
    cuts = map_cuts(analysis, options)
    energy = EnergyTrack(analysis.energy_curve, analysis.duration)
    sung = LineTrack(lines, analysis.duration)
    spans = lay_out(cuts, energy, sung, options, kept)
    fixed = [span.kept or (said or {}).get((span.start.frame, span.end.frame)) for span in spans]
    kinds = _kinds(spans, fixed, sung, options)
    energies = [energy.mean(span.start.time, span.end.time) for span in spans]
    ranked = _ranked_worlds(analysis, energies, spans, options)
    pictures = _pictures(spans, fixed, kinds, energies, ranked, options)
    words = sung.texts_of([(span.start.time, span.end.time) for span in spans])
    tone, shelf = tone_of(analysis), shelf_of(options)
    return tuple(
        PlannedScene(
            order=n + 1,
            start_frame=span.start.frame,
            end_frame=span.end.frame,
            start_time=span.start.time,
            end_time=span.end.time,
            scene_type=kinds[n],
            section=span.part.name,
            section_type=span.part.type,
            # A scene that stays may be longer than what is on sale now.
            clip_seconds=shelf.clip_for(min(span.frames, shelf.holds[-1])),
            energy=round(energies[n], 4),
            mood=mood_of(tone, span.part.type, energies[n]),
            lyrics=words[n],
            shot=pictures[n].shot,
            idea=pictures[n].idea,
            why=explain(span.start, span.part, energy, sung, stays=span.kept is not None),
        )
        for n, span in enumerate(spans)
    )


def _kinds(
    spans: Sequence[Span],
    fixed: Sequence[KeptScene | Said | None],
    lines: LineTrack,
    options: PlannerOptions,
) -> tuple[SceneType, ...]:
    candidates = [
        Candidate(
            frames=span.frames,
            part=span.part.start.frame,
            section_type=span.part.type,
            vocals=lines.coverage(span.start.time, span.end.time),
            opens_part=span.start.frame == span.part.start.frame,
            fixed=given.scene_type if given else None,
        )
        for span, given in zip(spans, fixed, strict=True)
    ]
    return choose_kinds(candidates, options.performance_density, options.seed)


def _ranked_worlds(
    analysis: SongAnalysis,
    energies: Sequence[float],
    spans: Sequence[Span],
    options: PlannerOptions,
) -> list[World]:
    loud = sum(e * s.frames for e, s in zip(energies, spans, strict=True))
    mean = loud / sum(s.frames for s in spans)
    return rank_worlds(tone_of(analysis), mean, options.seed, options.world)


def _pictures(
    spans: Sequence[Span],
    fixed: Sequence[KeptScene | Said | None],
    kinds: Sequence[SceneType],
    energies: Sequence[float],
    ranked: Sequence[World],
    options: PlannerOptions,
) -> tuple[Picture, ...]:
    slots = [
        Slot(
            kind=kind,
            section_type=span.part.type,
            occurrence=span.part.occurrence,
            energy=energy,
            shot=given.shot if given else None,
            idea=given.idea if given else None,
        )
        for span, given, kind, energy in zip(spans, fixed, kinds, energies, strict=True)
    ]
    return choose_pictures(slots, ranked, options.seed)
