"""The command line in a home of its own."""

import pytest
from click.testing import CliRunner

from musicapp_pipeline import settings as settings_module


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A fresh MUSICAPP_HOME, with no setting of the machine leaking in."""
    for name in ("DATABASE_URL", "REDIS_URL", "AWS_S3_BUCKET", "SORA_API_KEY", "SORA_API_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MUSICAPP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USE_SORA_MOCK", "true")
    monkeypatch.chdir(tmp_path)
    settings_module.settings.cache_clear()
    yield tmp_path / "home"
    settings_module.settings.cache_clear()


@pytest.fixture
def musicapp(home):
    """Run a command; the result has exit_code, stdout and stderr."""
    from musicapp_pipeline.cli.main import cli

    def run(*arguments: object):
        return CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False)

    return run
