import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.queries import find_lacking_tables, is_query, read_query


def test_columns_of_one_table_are_its_own():
    names = read_query("execute[SELECT name, MAX(age) FROM teacher WHERE city = 'Bern']")
    assert names.tables == {"teacher"}
    assert names.columns == {("teacher", "name"), ("teacher", "age"), ("teacher", "city")}


def test_an_alias_leads_to_its_table_and_a_bare_column_to_both():
    names = read_query("SELECT T1.name, city FROM a AS T1 JOIN b T2 ON T1.id = T2.aid")
    assert names.columns == {("a", "name"), ("a", "id"), ("b", "aid")}
    assert names.shared == {(("a", "b"), "city")}


def test_labels_functions_and_keywords_are_no_columns():
    names = read_query(
        "SELECT COUNT(*) AS n, SUM(x) total FROM t GROUP BY y ORDER BY n DESC, total"
    )
    assert names.columns == {("t", "x"), ("t", "y")}


def test_a_query_in_place_of_a_table_hides_whose_column_it_is():
    names = read_query("SELECT x FROM (SELECT y FROM t) AS s")
    assert names.columns == {("t", "y")}


@pytest.mark.parametrize(
    "query",
    [
        "DESC t",
        "SHOW COLUMNS FROM t",
        "DELETE FROM t WHERE a=1",
        "SELECT a FROM db.t",
        "UPDATE t SET a=1",
    ],
)
def test_statements_of_other_kinds_name_their_table(query):
    assert read_query(query).tables == {"t"}
    assert is_query(query)


def test_inserted_columns_belong_to_the_table():
    assert read_query("INSERT INTO t (a, b) VALUES (1, 'c')").columns == {("t", "a"), ("t", "b")}


def test_each_side_of_a_union_has_its_own_tables():
    assert read_query("select a from t union select b from u").columns == {("t", "a"), ("u", "b")}


def test_the_from_of_a_function_names_no_table():
    assert read_query("SELECT EXTRACT(YEAR FROM born) FROM t").tables == {"t"}


def test_text_in_double_quotes_is_kept_apart():
    names = read_query('SELECT a FROM t WHERE b = "Paris"')
    assert ("t", "Paris") in names.quoted
    assert ("t", "Paris") not in names.columns


# Which tables lack a column

NESTED = "SELECT a FROM t WHERE id IN (SELECT id FROM u WHERE z = 1)"


@pytest.mark.parametrize(
    ("query", "alias", "column", "tables"),
    [
        ("SELECT x FROM t", "", "x", ("t",)),
        ("SELECT p.x FROM t AS p JOIN u", "p", "x", ("t",)),
        ("SELECT x FROM t JOIN u", "", "x", ("t", "u")),
        (NESTED, "", "a", ("t",)),
        (NESTED, "", "z", ("u",)),
        (NESTED, "", "id", ()),
        ("SELECT x FROM (SELECT y FROM t) AS s", "", "x", ()),
        ("SELECT q.x FROM t", "q", "x", ()),
        ("SELECT y FROM t", "", "x", ()),
    ],
    ids=["one", "alias", "join", "outer", "inner", "both", "derived", "unknown alias", "absent"],
)
def test_the_block_that_names_a_column_lacks_it(query, alias, column, tables):
    assert find_lacking_tables(query, alias, column) == tables


@given(st.text(alphabet="select from join where()`'\",.;*ab\n", max_size=120))
def test_any_text_can_be_read(text):
    names = read_query(text)
    assert all(table for table in names.tables)
    assert all(len(tables) > 1 for tables, _ in names.shared)
