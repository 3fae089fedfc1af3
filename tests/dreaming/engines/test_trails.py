"""Which name later calls show is to be used in place of one that is missing."""

import pytest

from dreaming.engines.calls import read_calls
from dreaming.engines.facts import FactLedger
from dreaming.engines.trails import is_alike, is_surely_alike
from tests.dreaming.build_sessions import answers, calls, fails, session


def tell(*used: str, missing: str = "zone", tasks: int = 2) -> str:
    """Return the fact of sessions that met one missing column and used these names next."""
    return tell_all(*((missing, fix) for fix in used), tasks=tasks)


def tell_all(*met: tuple[str, str], tasks: int = 2) -> str:
    ledger = FactLedger()
    for number, (missing, fix) in enumerate(met, start=1):
        one = session(
            number,
            calls("sql", "1", query=" ".join(("SELECT", missing, "FROM shop"))),
            fails("sql", f"Unknown column '{missing}' in 'field list'", "1"),
            calls("sql", "2", query=" ".join(("SELECT", fix, "FROM shop"))),
            answers("sql", "[(1,)]", "2"),
            task_key=f"t{number % tasks}",
        )
        ledger.read_session(read_calls(one))
    found, _ = ledger.summarise(at_least=2)
    return found[0].statement


def test_two_sessions_show_a_name_that_shares_the_words():
    assert tell("Zone_Code", "Zone_Code").endswith("`zone`: use `Zone_Code`.")


def test_two_sessions_show_no_name_of_other_words():
    assert tell("Area", "Area").endswith("no column `zone`.")


def test_three_sessions_of_two_tasks_show_a_name_of_other_words():
    assert tell("Area", "Area", "Area").endswith("`zone`: use `Area`.")


def test_three_sessions_of_one_task_show_no_name_of_other_words():
    assert tell("Area", "Area", "Area", tasks=1).endswith("no column `zone`.")


def test_less_than_two_thirds_show_no_name_of_other_words():
    assert tell("Area", "Area", "Area", "Place", "Place").endswith("no column `zone`.")


def test_a_key_tables_are_joined_by_is_no_other_name_of_a_column():
    assert tell("Shop_ID", "Shop_ID", "Shop_ID").endswith("no column `zone`.")


def test_a_name_more_sessions_used_for_another_column_is_not_this_ones():
    met = [("zone", "Area")] * 3 + [("region", "Area")] * 4
    told = tell_all(*met)
    assert "`region` (use `Area`)" in told
    assert "no `zone`" in told


def test_one_column_is_written_in_one_way():
    met = [("zone_code", "ZoneCode")] * 2 + [("zonecodes", "zonecode")] * 2
    assert "`zone_code`, `zonecodes` (use `ZoneCode`)" in tell_all(*met)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("role", "role_code"),
        ("airline_name", "airline"),
        ("countries", "country"),
        ("number_of_staff", "Num_of_Staff"),
        ("opening_year", "Open_Year"),
        ("petType", "PetType"),
    ],
)
def test_names_whose_words_stand_in_the_other_are_alike(left, right):
    assert is_alike(left, right)
    assert is_alike(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("language", "Code"),
        ("template_type_code", "Template_ID"),
        ("departure_city", "SourceAirport"),
        ("songs", "concert"),
        ("", "name"),
        ("a", "area"),
    ],
)
def test_names_of_other_words_are_not_alike(left, right):
    assert not is_alike(left, right)


def test_case_and_marks_make_little_difference():
    assert is_surely_alike("EmailAddress", "email_address")
    assert not is_surely_alike("amount", "charge_amount")
