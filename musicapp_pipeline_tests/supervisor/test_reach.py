"""Who may reach the API that `musicapp up` starts."""

import pytest

from musicapp_pipeline.settings import Settings
from musicapp_pipeline.supervisor.up import CannotStart, Supervisor, check_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_tokens(host):
    check_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "studio.example", ""])
def test_without_tokens_nothing_starts_that_other_machines_reach(host, tmp_path):
    settings = Settings(_env_file=None, musicapp_home=tmp_path / "home")
    with pytest.raises(CannotStart, match="MUSICAPP_API_TOKENS") as refused:
        Supervisor(settings, host, 3000, 3001)
    assert (refused.value.field, refused.value.value) == ("host", host)
    assert not (tmp_path / "home").exists()
