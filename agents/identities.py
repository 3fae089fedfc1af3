"""Which accounts are one person: rules that ask for two persons count people, not accounts."""

from collections.abc import Collection, Iterable

from allauth.account.models import EmailAddress
from django.db.models import F, FilteredRelation, Q, QuerySet
from django.db.models.functions import Lower

from agents.models import Person


def accounts_of(person: Person) -> frozenset[int]:
    """Return the keys of every account that is this person, their own among them.

    Whoever verified the same e-mail address reads the same mail, however many accounts they
    opened with it. Case does not make another address.
    """
    verified = EmailAddress.objects.filter(verified=True).annotate(low=Lower("email"))
    own = {person.email.lower(), *verified.filter(user=person).values_list("low", flat=True)}
    others = verified.filter(low__in=own).values_list("user", flat=True)
    named = Person.objects.annotate(low=Lower("email")).filter(low__in=own)
    return frozenset({person.pk, *others, *named.values_list("pk", flat=True)})


def with_addresses(people: QuerySet[Person]) -> QuerySet[Person]:
    """Return the people once for each address they verified, at least once, in the same query.

    own_address: they sign in with; address: they verified, None where there is none. In lower case.
    """
    verified = FilteredRelation("emailaddress", condition=Q(emailaddress__verified=True))
    joined = people.annotate(verified=verified)
    return joined.annotate(own_address=Lower(F("email")), address=Lower("verified__email"))


def group_accounts(rows: Iterable[tuple[int, Collection[str | None]]]) -> dict[int, frozenset[int]]:
    """Return account -> every account among `rows` that is the same person; see accounts_of.

    rows: an account with addresses of its, as often as there are more.
    """
    listed = list(rows)
    accounts = {key: {key} for key, _ in listed}
    sharing: dict[str, set[int]] = {}
    for key, addresses in listed:
        for address in filter(None, addresses):
            sharing.setdefault(address, set()).add(key)
    for keys in sharing.values():
        same = set().union(*(accounts[key] for key in keys))
        accounts |= dict.fromkeys(same, same)
    return {key: frozenset(same) for key, same in accounts.items()}
