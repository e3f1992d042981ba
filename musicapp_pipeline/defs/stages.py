"""Every stage of the pipeline, declared. Light to import: bodies are loaded when they run."""

from musicapp_pipeline.defs.stage import Stage

SONG = Stage(
    name="song",
    level="project",
    deps=(),
    group="hearing",
    kinds=frozenset({"python", "ffmpeg"}),
    description="The upload decoded once to PCM: time zero and length for every later stage."
    " AAC for delivery is encoded once here.",
    version="1",
    body="musicapp_pipeline.defs.song.body",
)

AUDIO_ANALYSIS = Stage(
    name="audio_analysis",
    level="project",
    deps=("song",),
    group="hearing",
    kinds=frozenset({"python", "numpy"}),
    description="Beats, downbeats, sections, energy, loudness and key of the song.",
    version="5",
    body="musicapp_pipeline.defs.analysis.body",
)

STORYBOARD = Stage(
    name="storyboard",
    level="project",
    deps=("audio_analysis",),
    group="planning",
    kinds=frozenset({"python"}),
    description="Timed lyrics and the scene plan: every cut on a beat, every scene with its why."
    " Adds the scenes' partitions and each scene's first take.",
    version="5",
    body="musicapp_pipeline.defs.storyboard.body",
)

SCENE_PLAN = Stage(
    name="scene_plan",
    level="scene",
    deps=("storyboard",),
    group="planning",
    kinds=frozenset({"python"}),
    description="What would be sent for the scene now: prompt, size, seconds, cost. Materialising"
    " it again by hand asks for the scene anew: its takes become stale, and a new take key gets"
    " new pictures.",
    version="1",
    body="musicapp_pipeline.defs.storyboard.scene_plan",
)

CLIP = Stage(
    name="clip",
    level="take",
    deps=("scene_plan",),
    group="takes",
    kinds=frozenset({"video"}),
    description="The media a provider delivered for a take, untouched and verified. Runs wait"
    " without a process until the dispatcher has the media; a completed take is verified and"
    " nothing is paid again.",
    version="1",
    body="musicapp_pipeline.defs.takes.clip",
)

MEZZANINE = Stage(
    name="mezzanine",
    level="take",
    deps=("clip",),
    group="takes",
    kinds=frozenset({"ffmpeg", "video"}),
    description="The clip conformed to the scene's exact frames at the project's rate, size and"
    " colour, with handles and IDR frames at its cuts, so that stitching is a stream copy.",
    version="1",
    body="musicapp_pipeline.defs.takes.mezzanine",
)

VOCAL_SEGMENT = Stage(
    name="vocal_segment",
    level="scene",
    deps=("song", "storyboard"),
    group="lips",
    kinds=frozenset({"python", "audio"}),
    description="The voice of the scene, with the whole lines it touches: a supplied stem, else"
    " centre extraction for stereo, else harmonic separation.",
    version="1",
    body="musicapp_pipeline.defs.lips.vocal_segment",
)

LYRIC_ALIGNMENT = Stage(
    name="lyric_alignment",
    level="scene",
    deps=("vocal_segment", "storyboard"),
    group="lips",
    kinds=frozenset({"python", "pocketsphinx"}),
    description="When each word and phone of the scene is sung, in seconds of the song.",
    version="1",
    body="musicapp_pipeline.defs.lips.lyric_alignment",
)

LIP_SYNCED_CLIP = Stage(
    name="lip_synced_clip",
    level="take",
    deps=("mezzanine", "lyric_alignment"),
    group="lips",
    kinds=frozenset({"python", "video"}),
    description="The mezzanine with its mouth moving with the words, for performance takes that are"
    " selected or asked for. Without a usable mouth the mezzanine is used, and the reason is kept.",
    version="1",
    body="musicapp_pipeline.defs.lips.lip_synced_clip",
)

SELECTED_TAKE = Stage(
    name="selected_take",
    level="scene",
    deps=("mezzanine", "lip_synced_clip"),
    group="cut",
    kinds=frozenset({"python"}),
    description="The take a person (or the automatic choice) picked for the scene.",
    version="1",
    body="musicapp_pipeline.defs.final.selected_take",
)

FINAL_CUT = Stage(
    name="final_cut",
    level="project",
    deps=("song", "selected_take"),
    group="cut",
    kinds=frozenset({"ffmpeg", "video"}),
    description="The selected takes stitched by stream copy, exact to the frame, with the song.",
    version="1",
    body="musicapp_pipeline.defs.final.final_cut",
)

RENDITIONS = Stage(
    name="renditions",
    level="project",
    deps=("final_cut",),
    group="cut",
    kinds=frozenset({"ffmpeg", "video"}),
    description="The output files of the newest export: each format in each aspect ratio.",
    version="1",
    body="musicapp_pipeline.defs.final.renditions",
)

ALL = (
    SONG,
    AUDIO_ANALYSIS,
    STORYBOARD,
    SCENE_PLAN,
    CLIP,
    MEZZANINE,
    VOCAL_SEGMENT,
    LYRIC_ALIGNMENT,
    LIP_SYNCED_CLIP,
    SELECTED_TAKE,
    FINAL_CUT,
    RENDITIONS,
)
BY_NAME = {stage.name: stage for stage in ALL}

HEARING = ("song", "audio_analysis", "storyboard")
TAKING = ("clip", "mezzanine")
VOICING = ("vocal_segment", "lyric_alignment")
CUTTING = ("final_cut", "renditions")
"""Assets of one level that are usually made together."""
