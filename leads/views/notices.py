"""What a user should know now: unseen first."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from leads.actions.noticing import see_notices
from leads.noticed import noticed_by
from leads.views.access import need_role
from team.addresses import read_shown
from team.http import Request, tell
from team.models import Role


@require_GET
@never_cache
def notices(request: Request) -> HttpResponse:
    need_role(request, *Role)
    now = timezone.now()
    return render(request, "leads/notices.html", {"now": now, "noticed": noticed_by(request.user, at=now)})


@require_POST
def mark_seen(request: Request) -> HttpResponse:
    """All that she was shown, or the one she named."""
    need_role(request, *Role)
    count = see_notices(by=request.user, at=timezone.now(), shown=read_shown(request.POST))
    if count:
        tell(request, ngettext("%(count)s notice seen.", "%(count)s notices seen.", count) % {"count": count})
    return redirect("leads:notices")
