"""Accounts are given by an admin; nobody signs up. Who signs in, and who fails to, is noted."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from team.actions.auditing import note_audit
from team.models import AuditEntry, User


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        note_audit(AuditEntry.Verb.LOGIN, by=user, at=timezone.now())

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """What was typed is not kept: it may be a password in the wrong field. Whose address it is, is."""
        super().authentication_failed(request, **credentials)
        typed = str(credentials.get("email") or "").strip().lower()
        user = User.objects.filter(email=typed).first() if typed else None
        note_audit(AuditEntry.Verb.LOGIN_FAILED, by=user, at=timezone.now(), detail="" if user else "unknown")

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        note_audit(AuditEntry.Verb.LOGIN_FAILED, by=user, at=timezone.now(), detail="left")
        answer: HttpResponse = super().respond_user_inactive(request, user)
        return answer
