import pytest

from reviews.audit.report import KEPT, Report, Status


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([], Status.SOUND),
        ([Status.UNVERIFIABLE], Status.UNVERIFIABLE),
        ([Status.UNVERIFIABLE, Status.INCOMPLETE], Status.INCOMPLETE),
        ([Status.UNVERIFIABLE, Status.INCOMPLETE, Status.TAMPERED], Status.TAMPERED),
        ([Status.TAMPERED, Status.UNVERIFIABLE], Status.TAMPERED),
    ],
)
def test_the_gravest_status_stands(found, status):
    report = Report()
    for each in found:
        report.add(each, "something")
    assert report.status is status


@pytest.mark.parametrize(
    ("status", "code"),
    [(Status.SOUND, 0), (Status.TAMPERED, 1), (Status.INCOMPLETE, 2), (Status.UNVERIFIABLE, 3)],
)
def test_a_status_is_its_exit_code(status, code):
    assert int(status) == code


def test_a_message_names_the_entry_and_its_leaf():
    report = Report()
    report.add(Status.TAMPERED, "its body is another.", 18_199)
    assert report.problems[0].message == "entry 18,200 (leaf 18,199): its body is another."


def test_a_flood_of_problems_is_counted_and_not_kept():
    report = Report()
    for number in range(KEPT + 50):
        report.add(Status.INCOMPLETE, "gone", number)
        report.note("a fact", number)
    assert report.total == KEPT + 50
    assert len(report.problems) == len(report.notes) == KEPT


def test_json_carries_everything_a_machine_needs():
    report = Report()
    report.count("entries", 3)
    report.add(Status.INCOMPLETE, "gone", 1)
    report.note("a fact")
    assert report.to_json() == {
        "status": "incomplete",
        "exit": 2,
        "checkpoint": None,
        "counts": {"entries": 3},
        "problems": [{"status": "incomplete", "message": "entry 2 (leaf 1): gone", "leaf": 1}],
        "problems_total": 1,
        "notes": ["a fact"],
    }
