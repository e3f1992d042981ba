"""Checks of takes that the Dagster UI shows beside them."""

import dagster as dg

from musicapp_pipeline.defs.instance.keys import keys_of

NO_DOUBT = "no_take_in_doubt"


@dg.asset_check(
    asset="clip",
    name=NO_DOUBT,
    required_resource_keys={"bench"},
    description="Of every take it is known whether it was bought; fails while one waits for a"
    " person's word. Also told between runs, whenever that changes.",
)
def no_take_in_doubt(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Looks into the ledger."""
    from musicapp_pipeline.defs.questions import told_of
    from musicapp_pipeline.generation.questions import open_questions

    bench = context.resources.bench
    with bench.database.read() as session:
        asked = open_questions(session)
    base = bench.settings.backend_api_base
    return dg.AssetCheckResult(passed=not asked, metadata=told_of(asked, base))


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
