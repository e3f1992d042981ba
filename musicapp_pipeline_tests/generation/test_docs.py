"""What docs/providers.md and docs/money.md tell people is so."""

import re
import subprocess
from pathlib import Path

import pytest

from musicapp_pipeline.generation import states
from musicapp_pipeline.generation.registry import catalogue, provider_from_settings
from musicapp_pipeline_tests.generation.helpers import extra, settings

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"
MONEY = PAGE.with_name("money.md")
NAMES = (
    "USE_SORA_MOCK", "SORA_API_BASE_URL", "SORA_API_KEY", "FAL_KEY", "MUSICAPP_MODELS",
    "MUSICAPP_PRICES",
)  # fmt: skip


def _blocks() -> list[dict[str, str]]:
    """The variables that each shell example exports, read by a shell."""
    found = []
    for block in re.findall(r"```bash\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exports = block[block.index("export") :].replace("…", "x")
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
