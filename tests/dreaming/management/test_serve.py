"""`manage.py serve` takes a port and a host, and says in words why it cannot start."""

import socket

import pytest
from django.core.management import CommandError, call_command

from dreaming.checks import OURS
from dreaming.management.commands import serve as command
from dreaming.supervisor import hold_folder


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("port", ["http", "80a", "", "8000.5"])
def test_a_port_that_is_no_number_is_refused(port):
    with pytest.raises(CommandError, match="--port"):
        call_command("serve", f"--port={port}")


def test_a_port_somebody_has_is_named_with_the_next_one(taken_port):
    with pytest.raises(CommandError, match=rf"{taken_port}.*PORT={taken_port + 1}"):
        call_command("serve", f"--port={taken_port}")


def test_a_folder_that_is_served_already_is_said_before_the_port(settings, taken_port):
    with hold_folder(settings.DATA_DIR), pytest.raises(CommandError, match="already running"):
        call_command("serve", f"--port={taken_port}")


def test_after_a_start_that_failed_the_folder_is_free(settings, taken_port):
    with pytest.raises(CommandError):
        call_command("serve", f"--port={taken_port}")
    hold_folder(settings.DATA_DIR).close()


def test_an_address_this_machine_does_not_have_is_said():
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("serve", "--host=203.0.113.7", "--port=8123")


def test_without_arguments_it_listens_on_this_machine_alone(settings):
    parser = command.Command().create_parser("manage.py", "serve")
    chosen = parser.parse_args([])
    assert (chosen.host, chosen.port) == ("127.0.0.1", settings.PORT)


def test_only_our_own_checks_run_at_a_start():
    assert command.Command.requires_system_checks == [OURS]
