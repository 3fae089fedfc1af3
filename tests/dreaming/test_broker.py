"""Wake-ups in a folder: a reader never meets one that is still being written."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue
from kombu.transport import filesystem

from dreaming.broker import Transport
from dreaming.celery import celery_app

COUNT = 300


# Kombu knows a queue by its name in the whole process, so each test has its own.
def connect(folder: Path) -> Connection:
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder),
        "polling_interval": 0.001,
    }
    return Connection(transport=Transport, transport_options=options)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SimpleQueue]:
    with connect(tmp_path) as connection:
        yield connection.SimpleQueue(tmp_path.name, no_ack=True)


def test_a_message_arrives_as_it_was_sent(queue: SimpleQueue):
    queue.put({"wake": "up"})
    assert queue.get(timeout=5).payload == {"wake": "up"}


def test_a_message_stands_under_its_name_only_when_it_is_whole(
    queue: SimpleQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[list[str]] = []
    rename = Path.rename

    def look_and_rename(draft: Path, target: Path) -> Path:
        json.loads(draft.read_text(encoding="utf-8"))
        seen.append([path.name for path in tmp_path.glob("*.msg")])
        return rename(draft, target)

    monkeypatch.setattr(Path, "rename", look_and_rename)
    queue.put("up")
    assert seen == [[]]
    (message,) = tmp_path.glob("*.msg")
    assert list(tmp_path.glob("*.draft")) == []
    assert message.name.endswith(f".{tmp_path.name}.msg")


def test_readers_beside_a_writer_take_every_message_whole(queue: SimpleQueue, tmp_path: Path):
    taken: list[int] = []

    def read() -> None:
        with connect(tmp_path) as other:
            own = other.SimpleQueue(tmp_path.name, no_ack=True)
            with suppress(own.Empty):
                while True:
                    taken.append(own.get(timeout=2).payload)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for at in range(COUNT):
        queue.put(at)
    for reader in readers:
        reader.join(timeout=60)
    assert sorted(taken) == list(range(COUNT))


def test_the_product_uses_it_for_its_folder():
    with celery_app.connection_for_write() as connection:
        assert isinstance(connection.transport, Transport)
        assert issubclass(Transport, filesystem.Transport)


def test_an_address_without_a_host_is_no_reason_to_warn(caplog: pytest.LogCaptureFixture):
    with celery_app.connection_for_write() as connection:
        connection.as_uri()
        connection.info()
    assert "No hostname" not in caplog.text
