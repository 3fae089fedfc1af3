"""Time zones by name: what is known, and the nearest one for what is not."""

from zoneinfo import available_timezones

import pytest

from agents.errors import UnknownZone
from agents.zones import clean_zone, zone_names


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", " Asia/Kolkata ", "EST5EDT", "Etc/GMT+5"])
def test_a_known_zone_is_kept(name: str):
    assert clean_zone(name) == name.strip()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", 'such as "Europe/Berlin"'),
        ("europe/berlin", 'Is it "Europe/Berlin"?'),
        ("Berlin", 'Is it "Europe/Berlin"?'),
        ("New York", 'Is it "America/New_York"?'),
        ("Europe/Berln", 'Is it "Europe/Berlin"?'),
        ("America", 'such as "Europe/Berlin"'),
        ("../../etc/passwd", 'such as "Europe/Berlin"'),
        ("/usr/share/zoneinfo/UTC", "no time zone known here"),
        ("Europe/../UTC", "no time zone known here"),
        ("right/UTC", "no time zone known here"),
        ("posix/Europe/Berlin", "no time zone known here"),
        ("localtime", "no time zone known here"),
        ("+02:00", "no time zone known here"),
        ("x" * 400, "no time zone known here"),
    ],
)
def test_what_is_no_zone_is_named_with_the_nearest_one(name: str, says: str):
    with pytest.raises(UnknownZone) as refused:
        clean_zone(name)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 200


def test_zones_to_choose_from_are_known():
    names = zone_names()
    assert names[0] == "UTC"
    assert set(names) <= available_timezones() | {"UTC"}
    assert "Europe/Berlin" in names
