"""Checks of the final cut that the Dagster UI shows beside it."""

import dagster as dg

from musicapp_pipeline import timebase
from musicapp_pipeline.defs.partitions import PROJECTS


@dg.asset_check(
    asset="final_cut",
    partitions_def=PROJECTS,
    blocking=True,
    required_resource_keys={"bench"},
    description="H.264 and AAC, exactly round(song seconds * fps) frames; blocks the renditions.",
)
def final_cut_is_exact(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Counts the packets of the stored file, independently of the stage that wrote it."""
    from musicapp_pipeline.media.probe import probe
    from musicapp_pipeline.store import artifacts, projects

    bench = context.resources.bench
    key = context.op_execution_context.partition_key
    with bench.database.read() as session:
        final = artifacts.get(session, "final_cut", key)
        song = artifacts.get(session, "song", key)
        fps = projects.fps_of(projects.get(session, key))
    assert final is not None and final.media_key is not None and song is not None
    info = probe(bench.media.fetch(final.media_key))
    wanted = timebase.frame_at(float(song.details["seconds"]), fps)
    assert info.video is not None
    found: dict[str, str | int] = {
        "frames": info.video.frames,
        "expected_frames": wanted,
        "video": info.video.codec,
        "audio": info.audio.codec if info.audio else "none",
    }
    passed = (found["frames"], found["video"], found["audio"]) == (wanted, "h264", "aac")
    return dg.AssetCheckResult(passed=passed, metadata=found)
