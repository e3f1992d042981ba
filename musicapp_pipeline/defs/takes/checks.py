"""Checks of takes that the Dagster UI shows beside them."""

import dagster as dg

from musicapp_pipeline.defs.instance.keys import keys_of


@dg.asset_check(
    asset="mezzanine",
    blocking=True,
    required_resource_keys={"bench"},
    description="Each mezzanine of the run has exactly its scene's frames plus its handles; a wrong"
    " count blocks what is downstream.",
)
def mezzanine_frames_are_exact(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Counts the packets of the stored files."""
    from musicapp_pipeline.media.probe import probe
    from musicapp_pipeline.store import artifacts

    bench = context.resources.bench
    wrong: dict[str, str] = {}
    keys = keys_of(context.instance, context.run.tags)
    for key in keys:
        with bench.database.read() as session:
            row = artifacts.get(session, "mezzanine", key)
        if row is None or row.media_key is None:
            wrong[key] = "missing"
            continue
        video = probe(bench.media.fetch(row.media_key)).video
        facts = row.details
        expected = facts["head"] + facts["frames"] + facts["tail"]
        if video is None or video.frames != expected:
            wrong[key] = f"{video.frames if video else 0} frames instead of {expected}"
    return dg.AssetCheckResult(
        passed=not wrong, metadata={"checked": len(keys), "wrong": dg.MetadataValue.json(wrong)}
    )
