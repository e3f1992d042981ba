"""Who may reach what `musicapp up` starts, and where."""

import socket

import pytest

from musicapp_pipeline.settings import Settings
from musicapp_pipeline.supervisor import up
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


def test_the_code_servers_port_is_free_and_stays_so(monkeypatch):
    """One that the kernel hands out may be somebody's when the server starts again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        monkeypatch.setattr(up, "OUR_PORTS", range(number, number + 1))
        with pytest.raises(CannotStart, match="are taken"):
            up._free_port()
    monkeypatch.undo()
    assert up._free_port() in up.OUR_PORTS
    assert up.OUR_PORTS[-1] < 32_768
