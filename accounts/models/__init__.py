"""Who we may sell to: accounts, people, how to reach them, and what others call them. It knows nothing of leads."""

from accounts.models.account import Account, AccountDomain, Standing
from accounts.models.person import ContactPoint, Employment, JobChange, Person, Suppression, called
from accounts.models.records import CustomField, ExternalId, PersonMerge, SearchText

__all__ = [
    "Account",
    "AccountDomain",
    "ContactPoint",
    "CustomField",
    "Employment",
    "ExternalId",
    "JobChange",
    "Person",
    "PersonMerge",
    "SearchText",
    "Standing",
    "Suppression",
    "called",
]
