"""What docs/providers.md and docs/money.md tell people is so."""

import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from musicapp_pipeline.generation import states
from musicapp_pipeline.generation.port import ClipRequest
from musicapp_pipeline.generation.registry import catalogue, provider_from_settings
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.fal_server import KEY as FAL_KEY
from musicapp_pipeline_tests.generation.fal_server import FalServer
from musicapp_pipeline_tests.generation.fault_server import KEY, FaultServer
from musicapp_pipeline_tests.generation.helpers import extra, run, settings

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"
MONEY = PAGE.with_name("money.md")
NAMES = (
    "USE_SORA_MOCK", "SORA_API_BASE_URL", "SORA_API_KEY", "FAL_KEY", "MUSICAPP_MODELS",
    "MUSICAPP_PRICES",
)  # fmt: skip


def _blocks(heading: str = "") -> list[dict[str, str]]:
    """The variables that each shell example exports, read by a shell.

    Args:
        heading: of a chapter; all when there is none.
    """
    found = []
    text = PAGE.read_text("utf-8").partition(f"\n## {heading}")[2]
    text = text.partition("\n## ")[0] if heading else text
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        exports = block[block.index("export") :]
        shell = ["/bin/sh", "-c", f"{exports}\nenv -0"]
        out = subprocess.run(shell, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True)
        pairs = (line.split("=", 1) for line in out.stdout.decode().split("\0") if "=" in line)
        found.append({name.lower(): value for name, value in pairs if name in NAMES})
    return found


@pytest.mark.parametrize("told", _blocks(), ids=lambda told: "-".join(told))
def test_every_example_leads_to_a_provider_with_priced_models(told, tmp_path):
    mine = {k: v for k, v in told.items() if k.startswith(("use_", "sora_"))}
    own = {k: v for k, v in told.items() if k not in mine}
    provider = provider_from_settings(settings(**mine), tmp_path, extra(**own))
    known = catalogue(settings(**mine), extra(**own))
    assert known.model_names()
    for name in known.model_names():
        record = provider.capabilities(name)
        record.cost(record.durations[0], record.size_for(portrait=False))


def _make_a_clip(env: dict[str, str], folder: Path) -> tuple[ClipRequest, bytes]:
    """Settings as told, then the cheapest clip of the first model they offer."""
    mine = {k: v for k, v in env.items() if k.startswith(("use_", "sora_"))}
    own = {k: v for k, v in env.items() if k not in mine}
    chosen = settings(**mine, musicapp_allow_private_urls=True)
    provider = provider_from_settings(chosen, folder, extra(**own))
    named = [m["name"] for m in json.loads(own.get("musicapp_models", "[]"))]
    model = named[0] if named else catalogue(chosen, extra(**own)).model_names()[0]
    record = provider.capabilities(model)
    size, seconds = record.size_for(portrait=False), record.durations[0]
    wanted = ClipRequest(prompt="a pier at dusk", seconds=seconds, size=size, model=model)

    async def whole() -> bytes:
        job = await provider.submit(wanted)
        assert (await provider.status(job.id)).status == "completed"
        await provider.download(job.id, folder / "clip.part")
        await provider.aclose()
        return (folder / "clip.part").read_bytes()

    return wanted, run(whole())


@pytest.mark.parametrize(
    ("heading", "dialect"),
    [("SGLang-Diffusion", "sglang"), ("vLLM-Omni", "vllm"), ("LiteLLM proxy", "litellm")],
)
def test_what_the_page_says_about_a_server_makes_a_clip_there(heading, dialect, tmp_path):
    """On our double, which has that server's manners; only the address and the key are ours."""
    (told,) = _blocks(heading)
    (entry,) = json.loads(told["musicapp_models"])
    with FaultServer(dialect) as server:
        server.models = {entry.get("remote", entry["name"]): Decimal(entry["usd_per_second"])}
        told |= {"sora_api_base_url": server.url, "sora_api_key": KEY}
        wanted, clip = _make_a_clip(told, tmp_path)
        (charge,) = server.ledger.charges
        (job,) = server.jobs.values()
    assert charge.usd == Decimal(entry["usd_per_second"]) * wanted.seconds
    assert job.request["seconds"] == str(wanted.seconds)
    assert clip == clip_bytes(wanted.seconds)


def test_what_the_page_says_about_fal_makes_clips_there(tmp_path):
    key, line = _blocks("fal")
    with FalServer() as fal:
        ours = {"use_sora_mock": key["use_sora_mock"], "fal_key": FAL_KEY, "fal_queue_url": fal.url}
        _make_a_clip(ours, tmp_path)
        _make_a_clip(ours | line, tmp_path)
        (_, one_line) = (job.endpoint for job in fal.jobs.values())
    assert one_line == json.loads(line["musicapp_models"])[0]["text_endpoint"]


@pytest.mark.parametrize("heading", ["SGLang-Diffusion", "vLLM-Omni", "LiteLLM proxy", "fal"])
def test_every_chapter_says_how_to_ask_for_its_model(heading):
    """Whoever pastes only the settings would buy the default model."""
    told = [json.loads(b["musicapp_models"]) for b in _blocks(heading) if "musicapp_models" in b]
    chapter = PAGE.read_text("utf-8").partition(f"\n## {heading}")[2].partition("\n## ")[0]
    assert told
    for entries in told:
        for entry in entries:
            assert f"--model {entry['name']}" in chapter


def test_every_setting_is_described():
    text = PAGE.read_text("utf-8")
    for name in extra().model_fields:
        assert name.upper() in text


def test_the_diagram_of_states_is_the_table_in_the_code():
    arrows = re.findall(r"^    (\w+) --> (\w+)$", MONEY.read_text("utf-8"), re.MULTILINE)
    told = {(old, new) for old, new in arrows}
    assert told == {(old, new) for old, ways in states.TRANSITIONS.items() for new in ways}


def test_every_state_is_explained():
    text = MONEY.read_text("utf-8")
    for state in states.TRANSITIONS:
        assert f"\n| `{state}` |" in text


def test_the_settings_of_money_are_what_the_code_reads():
    text = MONEY.read_text("utf-8")
    known = {name.upper() for name in [*settings().model_fields, *extra().model_fields]}
    rows = re.findall(r"^\| (`[A-Z_]+`.*?) \|", text, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([A-Z_]{5,})`", row)}
    assert told
    assert told <= known
