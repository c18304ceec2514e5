"""Of whom somebody may know more than her name: what she answered, read and was sent."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Person
from leads.models import Lead
from team.models import Role, User


def people_seen_by(user: User) -> QuerySet[Person]:
    """Whose open pursuit she may see; of who has none open, any pursuit. Who keeps tracks or the installation sees
    everybody, and nobody else who never had one."""
    if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
        return Person.objects.all()
    pursuits = Lead.objects.filter(person=OuterRef("pk")).order_by()
    seen = pursuits.visible_to(user)
    return Person.objects.filter(Exists(seen.open()) | (Q(Exists(seen)) & ~Exists(pursuits.open())))
