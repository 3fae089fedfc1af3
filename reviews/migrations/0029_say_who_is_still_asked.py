from django.db import migrations, models

TOGETHER = 500
WAITING = ("pending", "awaiting_second", "scheduled", "conflicted")


def due(slots, people):
    """Return how many approvals stay due when each of the people (their groups) gives one."""
    if not people:
        return len(slots)
    first, *rest = people
    fits = {group for group in slots if group is None or group in first}
    filled = [due(without(slots, group), rest) for group in fits]
    return min([due(slots, rest), *filled])


def without(slots, group):
    at = slots.index(group)
    return slots[:at] + slots[at + 1 :]


def asked_of(needs, votes):
    """Return the groups still asked, spelled as the column has them, as the rules were by now.

    votes: (person, verdict, groups, owns the agent), oldest first.
    """
    slots = [group for group, count in needs for _ in range(count)]
    given, seen, disputed = [], set(), False
    for person, verdict, groups, owns in votes:
        if person in seen or (disputed and owns):
            continue
        seen.add(person)
        if verdict == "approve":
            given.append(groups)
            disputed = False
            if not due(slots, given):
                return ""
        elif disputed or not given:
            return ""
        else:
            disputed = True
    named = sorted({group for group in slots if group is not None})
    left = due(slots, given)
    if disputed:
        groups = [] if None in slots else named
    elif due(slots, [*given, ()]) < left:
        groups = []
    else:
        groups = [group for group in named if due(slots, [*given, (group,)]) < left]
    return f" {' '.join(groups)} " if groups else ""


def fill(apps, schema_editor):
    """Whom what waits is asking now; the verbs keep it from here on."""
    proposals = apps.get_model("reviews", "Proposal").objects
    stand_in = groups_by_person(apps)
    waiting = proposals.filter(state__in=WAITING).order_by("pk")
    columns = ("pk", "workspace", "revision", "route", "agent__owner")
    found = [
        row
        for row in waiting.values_list(*columns).iterator(chunk_size=TOGETHER)
        if any(group is not None for group, _ in row[3].get("needs", ()))
    ]
    for start in range(0, len(found), TOGETHER):
        part = found[start : start + TOGETHER]
        votes = votes_on(apps, part, stand_in)
        keys = {}
        for pk, _, _, route, _ in part:
            keys.setdefault(asked_of(route["needs"], votes.get(pk, ())), []).append(pk)
        for asked, of in keys.items():
            proposals.filter(pk__in=of).exclude(asked=asked).update(asked=asked)


def votes_on(apps, rows, stand_in):
    """Return proposal -> the votes on its newest revision that stand."""
    facts = {pk: (workspace, revision, owner) for pk, workspace, revision, _, owner in rows}
    cast = apps.get_model("reviews", "Decision").objects.filter(
        proposal__in=list(facts), undo=None, verdict__in=("approve", "reject")
    )
    columns = ("proposal", "revision", "person", "verdict", "created_at")
    votes = {}
    for pk, revision, person, verdict, at in cast.order_by("pk").values_list(*columns):
        workspace, newest, owner = facts[pk]
        if revision == newest and person is not None:
            groups = stand_in(workspace, person, at)
            votes.setdefault(pk, []).append((person, verdict, groups, person == owner))
    return votes


def groups_by_person(apps):
    """Return what tells the groups in which a person counted at a moment."""
    places = apps.get_model("agents", "ApproverGroup").people.through.objects
    held = apps.get_model("agents", "Qualification").objects
    columns = ("person", "approvergroup__workspace", "approvergroup__name")
    standing, spans = {}, {}
    for person, workspace, group, since in places.values_list(
        *columns, "approvergroup__qualified_since"
    ):
        standing.setdefault((workspace, person), []).append((group, since))
    for *key, start, end in held.values_list("workspace", "person", "group", "at", "valid_until"):
        spans.setdefault(tuple(key), []).append((start, end))

    def stand_in(workspace, person, at):
        return {
            group
            for group, since in standing.get((workspace, person), ())
            if since is None
            or at < since
            or any(start <= at < end for start, end in spans.get((workspace, person, group), ()))
        }

    return stand_in


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0013_hear_the_vendors_webhook"),
        ("reviews", "0028_find_words_by_trigrams"),
    ]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="asked",
            field=models.TextField(blank=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
