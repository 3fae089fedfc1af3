from hypothesis import given
from hypothesis import strategies as st

from dreaming.hosted.plans import Step, There, plan, settled

PATHS = st.sampled_from(["/a.md", "/b.md", "/c.md", "/d/e.md"])
TEXTS = st.sampled_from(["", "1", "2", "3"])
WANTED = st.dictionaries(PATHS, TEXTS.filter(bool))
FOUND = st.dictionaries(PATHS, st.builds(There, TEXTS, TEXTS))


def test_what_differs_goes_out_and_what_is_taken_out_goes_first():
    wanted = {"/new.md": "1", "/same.md": "2", "/changed.md": "3"}
    there = {
        "/same.md": There("2", "2"),
        "/changed.md": There("0", "0"),
        "/retired.md": There("9", "9"),
    }
    assert plan(wanted, there) == (
        Step("/retired.md", "", "9"),
        Step("/changed.md", "3", "0"),
        Step("/new.md", "1", ""),
    )


def test_a_path_where_somebody_else_wrote_is_left_alone():
    assert plan({"/a.md": "2"}, {"/a.md": There("1", "9")}) == ()
    assert plan({}, {"/a.md": There("", "9")}) == ()


def test_what_is_on_its_way_is_not_planned_twice():
    assert plan({"/a.md": "1"}, {}, held={"/a.md"}) == ()


def test_an_outside_text_that_is_wanted_by_now_is_agreed_on():
    there = {"/a.md": There("1", "9"), "/b.md": There("1", "9"), "/c.md": There("1", "")}
    assert settled({"/a.md": "9", "/b.md": "1"}, there) == ("/a.md", "/c.md")


@given(wanted=WANTED, there=FOUND)
def test_carrying_it_out_leaves_nothing_but_what_strayed(wanted, there):
    after = dict(there)
    for step in plan(wanted, there):
        assert after.get(step.path, There()).agreed == step.expected
        after[step.path] = There(step.sha256, step.sha256)
    for path in settled(wanted, after):
        after[path] = There(after[path].seen, after[path].seen)
    assert plan(wanted, after) == ()
    for path in wanted.keys() | after.keys():
        found = after.get(path, There())
        assert found.is_strayed or found.agreed == wanted.get(path, "")


@given(wanted=WANTED, there=FOUND)
def test_each_path_comes_once_and_never_one_that_strayed(wanted, there):
    steps = plan(wanted, there)
    assert len({step.path for step in steps}) == len(steps)
    assert not any(there.get(step.path, There()).is_strayed for step in steps)
    assert not any(step.sha256 == step.expected for step in steps)
