import json

from dreaming.engines.usage import USES_LIMIT, list_made, list_names, read_command, read_uses


def uses(field: str, command: str, tool: str = "bash"):
    return read_uses(tool, json.dumps({field: command}))


def test_a_query_uses_its_tables_and_columns():
    found = uses("query", "SELECT Name FROM teacher WHERE age > 3")
    assert {("table", "", "teacher"), ("column", "teacher", "name")} <= found
    assert list_names("column", "teacher", '{"query": "SELECT Name FROM teacher"}') == ("Name",)


def test_each_part_of_a_pipe_is_a_command_with_its_options():
    found = uses("command", "sudo grep -rn x /var/log | sort --reverse=1 && X=1 wc -l")
    assert {("command", "", c) for c in ("grep", "sort", "wc")} <= found
    assert {
        ("option", "grep", "-r"),
        ("option", "grep", "-rn"),
        ("option", "sort", "--reverse"),
    } <= found
    assert ("file", "", "/var/log") in found


def test_imports_are_modules_and_names_of_arguments_are_fields():
    assert ("module", "", "yaml") in uses("code", "import yaml\nprint(1)")
    assert {("field", "", "card"), ("tool", "", "pay")} <= read_uses("pay", '{"card": "gold"}')


def test_values_of_plain_arguments_are_not_kept():
    assert all("gold" not in part for use in read_uses("pay", '{"card": "gold"}') for part in use)


def test_what_is_kept_of_one_call_is_bounded():
    assert (
        len(uses("command", " | ".join(f"cmd{n} -a{n} /x/{n}" for n in range(500)))) <= USES_LIMIT
    )


def test_what_a_command_makes_is_listed():
    def made(command: str):
        return list_made(json.dumps({"command": command}))

    assert "singers" in made("CREATE TABLE IF NOT EXISTS shop.singers (id int)")
    assert "rsync" in made("apt-get install -y rsync")
    assert "/x/y" in made("mkdir -p /x/y/")
    assert not made("SELECT 1 FROM t")


def test_the_command_is_read_from_any_shape_of_arguments():
    assert read_command("ls -l") == "ls -l"
    assert read_command('{"path": "x", "sql": "desc t"}') == "desc t"
    assert read_command('{"id": 3}') == ""
