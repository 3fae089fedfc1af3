"""Which accounts are one person: rules that ask for two persons count people, not accounts."""

from allauth.account.models import EmailAddress
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
