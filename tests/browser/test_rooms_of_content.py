"""The pages of the library, of tracks and mail and of the reports: nothing is cut, and every reader finds its way."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from content.actions.asking import Need, Voice, ask_for
from content.actions.talking import note_talk
from content.actions.using import miss_search, use_assets
from content.models import Topic
from leads.actions.recycling import recycle_lead
from leads.models import Lead
from nurture.models import MailRules
from nurture.tokens import PERSON, STOP, token_of
from team.models import Role
from tests.browser.looks import each_look
from tests.make import make_account, make_asset, make_calendar, make_lead, make_person, make_team, make_user, reason
from tests.nurture.making import add_version, make_aside, make_letter_track, make_message, wait

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(db):
    """One of everything, with words as long as people write them."""
    now = timezone.now()
    MailRules.objects.get_or_create(pk=1)
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    ana = make_user("ana", Role.BDR, team=team)
    topic = Topic.objects.create(key="uptime", label="Unplanned stops of a whole line")
    milo = make_user("milo", Role.MARKETER)
    text = "Good morning, you asked what an hour of standstill costs. " * 8
    asset = make_asset(
        "What an hour of standstill really costs", by=milo, at=now, topic=topic, form="snippet", text=text
    )
    make_asset("Integrations", by=milo, at=now, expires_on=now.date() + timedelta(days=9))
    use_assets([asset.pk], place="lead", by=ana, at=now)
    miss_search(["pharma"], {"persona": "champion"}, place="library", by=ana, at=now)
    asked = ask_for(Need("A case study from a pharma plant that passed its audit with us"), Voice(), by=ana, at=now)
    lines = ["A case study from a pharma plant that passed its audit with us", "Page 4 is of last year"]
    words = "The comparison of prices comes first in every conversation.\n\nIt is hard to find on a telephone. " * 3
    note_talk(ana, held_on=now.date() - timedelta(days=2), text=words, lines=lines, by=milo, at=now)
    person = make_person(title="Operations manager", account=make_account(name="Fjell Marine Engineering AS"))
    lead = make_lead(phase=Phase.WORKING, person=person, bdr=ana, team=team, at=now)
    sleeper = make_lead(phase=Phase.WORKING, bdr=ana, team=team, at=now - timedelta(days=60))
    recycle_lead(sleeper, reason=reason("not_ready"), by=ana, at=now - timedelta(days=60))
    track = make_letter_track(name="Whoever is not ready yet")
    message = make_message(track, person, lead=lead, due_at=now + timedelta(hours=3), asset=asset)
    add_version(track, wait(3))
    add_version(track, wait(3), wait(4), published=False)
    aside = make_aside(at=now)
    people = {"ana": ana, "milo": milo, "mona": make_user("mona", Role.MANAGER, team=team)}
    return people | {
        "ada": make_user("ada", Role.ADMIN), "asset": asset, "asked": asked, "lead": lead, "track": track,
        "sleeper": Lead.objects.get(pk=sleeper.pk), "message": message, "aside": aside, "topic": topic,
    }  # fmt: skip


def pages_of(house):
    """Who opens which address."""
    asset, lead, track = (house[name].public_id for name in ("asset", "lead", "track"))
    asked, aside = house["asked"].public_id, house["aside"].pk
    keeper = [
        reverse("content:library") + "?q=standstill", reverse("content:asset_page", args=[asset]),
        reverse("content:asset_new"), reverse("content:asset_edit", args=[asset]),
        reverse("content:version_new", args=[asset]), reverse("content:retire", args=[asset]),
        reverse("content:requests"), reverse("content:request", args=[asked]), reverse("content:searches"),
        reverse("content:feedback"), reverse("content:pulse"), reverse("content:talks"), reverse("content:talk_new"),
        reverse("nurture:asset_worth", args=[asset]),
        reverse("content:asset_users", args=[asset]),
        reverse("nurture:demand"), reverse("nurture:sends"), reverse("nurture:tracks"),
        reverse("nurture:tracks") + "?kind=play", reverse("nurture:track", args=[track]),
        reverse("nurture:track_people", args=[track]), reverse("nurture:track_try", args=[track]),
        reverse("nurture:track_change", args=[track]), reverse("nurture:track_retire", args=[track]),
        reverse("nurture:track_publish", args=[track]), reverse("nurture:track_revert", args=[track, 1]),
        reverse("nurture:track_new"), reverse("nurture:unfed"), reverse("nurture:mail"),
        reverse("nurture:mail") + "?state=planned", reverse("nurture:message", args=[house["message"].public_id]),
        reverse("nurture:incoming"), reverse("nurture:incoming_mail", args=[aside]),
    ]  # fmt: skip
    rep = [
        reverse("content:request_new"), reverse("nurture:fresh"), reverse("nurture:write", args=[lead]),
        reverse("nurture:lead_consent", args=[lead]), reverse("nurture:suggested", args=[lead]),
        reverse("nurture:lead_panel", args=[lead]), reverse("nurture:lead_panel", args=[house["sleeper"].public_id]),
        reverse("nurture:ask_for_lead", args=[lead]), reverse("nurture:lead_feedback", args=[lead]),
        reverse("content:asset_feedback", args=[asset]), reverse("leads:return_calendar"), reverse("content:talks"),
    ]  # fmt: skip
    manager = [
        reverse("reports:yield"), reverse("reports:yield_people"), reverse("reports:shelf"), reverse("reports:asleep"),
        reverse("reports:asleep_people"), reverse("reports:dead"), reverse("reports:dead_people"),
        reverse("leads:coming_back"), reverse("leads:return_calendar"), reverse("leads:spread_days"),
        reverse("content:talks"), reverse("content:talk_new"),
        reverse("leads:wake_offers"), reverse("leads:renewals"), reverse("leads:lives_again"),
    ]  # fmt: skip
    admin = [
        "/settings/topics/",
        "/settings/labels/",
        f"/settings/topics/{house['topic'].pk}/",
        "/mail/",
        "/mail/consent/",
    ]
    anybody = [
        reverse("nurture:preferences", args=[token_of(PERSON, house["lead"].person_id)]),
        reverse("nurture:stop", args=[token_of(STOP, house["message"].pk)]),
        reverse("content:asset", args=[asset]),
    ]
    return {"milo": keeper, "ana": rep, "mona": manager, "ada": admin, "": anybody}


@each_look()
@pytest.mark.parametrize("who", ["milo", "ana", "mona", "ada", ""])
def test_nothing_is_cut_and_every_reader_finds_its_way(new_page, house, who, width, scheme):
    size = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    page = new_page(user=house[who], **size) if who else new_page(**size)
    wrong = {}

    for path in pages_of(house)[who]:
        answer = page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
        if answer.status != 200 or too_wide > 0 or found:
            wrong[path] = (answer.status, too_wide, found)
        assert page.locator("h1").count() == 1, path
        assert page.title().strip() != "", path

    assert wrong == {}
