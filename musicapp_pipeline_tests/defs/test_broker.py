"""The folder that carries messages to the workers of one machine."""

from pathlib import Path

import pytest
from kombu import Connection

from musicapp_pipeline.defs.instance import folder
from musicapp_pipeline.defs.instance.broker import celery_settings
from musicapp_pipeline.settings import Settings


@pytest.fixture
def connection(tmp_path: Path):
    configured = celery_settings(Settings(_env_file=None, musicapp_home=tmp_path, redis_url=None))
    with Connection(
        configured["broker_url"], transport_options=configured["broker_transport_options"]
    ) as made:
        yield made


def test_messages_arrive_in_the_order_in_which_they_were_sent(connection: Connection) -> None:
    sending = connection.SimpleQueue("runs.cpu")
    for number in range(12):
        sending.put({"number": number})
    assert sending.qsize() == 12
    receiving = connection.SimpleQueue("runs.cpu")
    messages = [receiving.get(block=True, timeout=600) for _ in range(12)]
    assert [message.payload["number"] for message in messages] == list(range(12))
    assert sending.qsize() == 0


def test_no_worker_sees_a_message_before_it_is_whole(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take it, fail to read it, and the run would never begin."""
    queue = connection.SimpleQueue("runs")
    seen: list[tuple[int, bool]] = []
    dumps = folder.dumps

    def look(payload: object) -> str:
        seen.append((queue.qsize(), False))
        return dumps(payload)

    def replace(part: Path, target: Path) -> Path:
        seen.append((queue.qsize(), part.stat().st_size > 0))
        return rename(part, target)

    rename = Path.rename
    monkeypatch.setattr(folder, "dumps", look)
    monkeypatch.setattr(Path, "replace", replace)
    queue.put({"run": "one"})
    assert seen == [(0, False), (0, True)]
    assert queue.qsize() == 1
    names = [path.name for path in (tmp_path / "celery" / "queue").iterdir()]
    assert len(names) == 1 and names[0].endswith(".runs.msg")


def test_celery_finds_the_folder_by_its_address(connection: Connection) -> None:
    assert isinstance(connection.transport, folder.FolderTransport)
