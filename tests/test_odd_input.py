"""Input that nobody means, on every page and form: answered as what it is, never with an error of ours."""

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.models import Lead, Note
from leads.settings.registry import KINDS
from team.actions.submitting import new_form_id
from team.models import Membership, Role, User
from tests.make import disposition, make_account, make_lead, make_person, make_user, reason
from tests.nurture.making import make_aside

HUGE = "9" * 40
ODD = ("a\0b", "\ud800", "-1", HUGE, "٣", "%_\\iregex=(", "<script>alert(1)</script>", "x" * 5_000)  # fmt: skip
MOMENTS = (
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2027-02-29T00:00:00+00:00", "24:00", "0000-00-00",
    f"{HUGE}-01-01",
)  # fmt: skip


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def everybody(client, alice, team):
    """One who may do nearly everything, so that no door stands between the input and the page."""
    for role in (Role.MANAGER, Role.AE, Role.MARKETER):
        Membership.objects.create(user=alice, role=role, team=team if role == Role.MANAGER else None)
    user = User.objects.get(pk=alice.pk)
    client.force_login(user)
    client.raise_request_exception = False
    return user


@pytest.fixture
def dora(db):
    return make_user("dora", Role.ADMIN)


def addresses(lead):
    """Every list of ours, with what its address may carry."""
    place = [f"{HUGE}", "2_2027-01-01T00:00:00+00:00_" + HUGE, *[f"{moment}_1" for moment in MOMENTS]]
    place += [f"1_{moment}_1" for moment in MOMENTS] + ["1_A_nan_1", f"{HUGE}_A_inf_1"]
    before = [f"{moment}~2~1" for moment in MOMENTS] + [f"2027-01-01T00:00:00+00:00~2~{HUGE}", HUGE]
    page = reverse("leads:lead", args=[lead.public_id])
    return {
        reverse("leads:queue"): {"after": place, "stage": ODD, "q": ODD, "sort": ODD, "lane": ODD},
        reverse("leads:pool"): {"after": place, "lane": ODD, "team": ODD},
        reverse("leads:coming_back"): {"after": place, "category": ODD},
        reverse("leads:team"): {"team": [*ODD, "1" * 5000]},
        reverse("leads:team_month"): {"month": ODD, "team": ODD},
        reverse("leads:team_leads"): {
            "age": ODD,
            "promise": ODD,
            "after": place,
            "team": [*ODD, "1" * 5000],
            "rep": ODD,
            "band": ODD,
            "red": ODD,
        },
        reverse("leads:move"): {"team": [HUGE], "lead": ODD, "to": ODD},
        reverse("reports:yield"): {
            **{key: [*ODD, "1" * 5000] for key in ("team", "category", "rep", "track", "counts", "within")},
            **{key: [*ODD, *MOMENTS, "2027-13", "0001-01", "9999-12", "2200-12"] for key in ("since", "until")},
        },
        reverse("reports:yield_people"): {"after": place, "came": ODD, "arm": ODD, "rep": ODD, "since": ODD},
        reverse("leads:search"): {"q": [*ODD, *MOMENTS]},
        reverse("leads:accounts"): {"q": ODD, "standing": ODD, "owner": ODD, "after": [*ODD, HUGE]},
        reverse("leads:account_standing", args=[lead.account.public_id]): {"standing": ODD, "owner": ODD},
        reverse("leads:hand_offs"): {"list": ODD, "view": ODD, "before": [HUGE, "-1"]},
        reverse("leads:notices"): {"page": ODD},
        reverse("leads:person_new"): {"name": ODD, "email": ODD},
        reverse("content:requests"): {**dict.fromkeys(("state", "persona", "topic", "objection"), ODD), "page": ODD},
        reverse("content:request_new"): {"need": ODD, "topic": ODD, "stage": ODD},
        reverse("content:searches"): {"persona": ODD, "topic": ODD},
        reverse("content:feedback"): {"state": ODD, "page": ODD},
        reverse("content:talks"): {"after": [*ODD, *place, "2027-02-30_1", "2027-03-01_-1", f"9999-12-31_{HUGE}"]},
        reverse("nurture:demand"): {"objection": ODD},
        reverse("nurture:incoming"): {"list": ODD},
        reverse("nurture:incoming_mail", args=[make_aside().pk]): {"q": [*ODD, "9" * 5_000]},
        reverse("nurture:sends"): {"persona": ODD, "stage": ODD, "page": ODD},
        page: {"before": before, "show": ODD, "form": ODD},
        page + "timeline/": {"before": before, "show": ODD},
    }


def test_no_address_breaks_a_page(client, everybody, now):
    lead = make_lead(phase=Phase.WORKING, bdr=everybody, person=make_person(account=make_account()), at=now)
    broken = []

    for path, asked in addresses(lead).items():
        for name, values in asked.items():
            for value in values:
                sent = value.encode("utf-8", "surrogatepass").decode("latin-1") if "\ud800" in value else value
                answer = client.get(path, {name: sent}, headers={"HX-Request": "true"} if "timeline" in path else {})
                broken += [(path, name, value[:40], answer.status_code)] if answer.status_code >= 500 else []

    assert broken == []


@pytest.mark.parametrize("odd", ["xx", "-1", "٣", "9" * 5_000])
def test_a_list_that_is_not_there_is_the_list_one_works_in(client, everybody, odd):
    for name, asked in (("hand_offs", ("list", "view")), ("team", ("team",)), ("team_leads", ("team", "after"))):
        path = reverse(f"leads:{name}")
        title = client.get(path).text.partition("<h1")[2].partition("<time")[0]

        answer = client.get(path, dict.fromkeys(asked, odd))

        assert (answer.status_code, answer.text.partition("<h1")[2].partition("<time")[0]) == (200, title)


def test_no_address_breaks_a_page_of_settings(client, dora):
    client.force_login(dora)
    client.raise_request_exception = False
    long, broken = "9" * 4_400, []
    asked = [(reverse("leads:setting_new", args=["people"]), {name: long}) for name in ("like", "team", "email")]
    asked += [(reverse("leads:setting_new", args=["reasons"]), {"kind": long}), (reverse("leads:audit"), {"by": long})]
    for kind in KINDS:
        asked += [(f"/settings/{kind.slug}/{pk}/", {}) for pk in (HUGE, long)]

    for path, given in asked:
        status = client.get(path, given).status_code
        broken += [(path[:40], *given, status)] if status >= 500 else []

    assert broken == []


def test_the_same_parameter_twice_counts_once(client, everybody):
    answer = client.get(reverse("leads:queue") + "?stage=a&stage=b&after=1&after=2&q=a&q=b")

    assert answer.status_code == 200


FORMS = {
    "log_call": (Phase.WORKING, ("disposition", "call_back", "zone", "note", "version", "after", "form_id")),
    "log_touch": (Phase.WORKING, ("kind", "note")),
    "note": (Phase.WORKING, ("text", "version", "form_id", "after")),
    "set_step": (Phase.WORKING, ("kind", "title", "when", "due", "zone", "seen")),
    "finish_step": (Phase.WORKING, ("step",)),
    "answers": (Phase.WORKING, ("value_1", "evidence_1")),
    "hand_off": (Phase.WORKING, ("ae", "meeting", "zone", "minutes", "place", "line", "disposition")),
    "recycle": (Phase.WORKING, ("reason", "missing", "wake_on", "vendor", "contract_end", "notice_days",
                                "referred_name", "referred_email", "note")),
    "disqualify": (Phase.WORKING, ("reason", "note", "disposition")),
    "correct": (Phase.WORKING, ("person_version", "given_name", "family_name", "title", "company", "phone", "email",
                                "time_zone")),
    "undo": (Phase.WORKING, ("event",)),
    "wake_on": (Phase.NURTURE, ("wake_on", "form_id")),
    "win": (Phase.QUALIFIED, ("line", "next", "form_id")),
    "lose": (Phase.QUALIFIED, ("reason", "line", "wake_on")),
    "stall": (Phase.QUALIFIED, ("reason", "contract_ends", "wake_on", "line")),
    "reject": (Phase.HANDED_OFF, ("reason", "line", "wake_on", "view")),
    "outcome": (Phase.HANDED_OFF, ("outcome", "reason", "line", "contract_ends")),
    "move_meeting": (Phase.HANDED_OFF, ("meeting", "zone", "minutes", "sequence")),
}  # fmt: skip
ODD_IN_FORMS = ("a\0b", "\ud800", HUGE, "x" * 20_000, MOMENTS[0][:16], "9999-12-31")
OF_HAND_OFFS = {"reject", "outcome", "move_meeting"}


def meant(name, ae):
    """What makes each form whole, so that the odd field is the only one."""
    return {
        "log_call": {"disposition": disposition("call_back").pk, "call_back": "2027-01-04T10:00", "zone": "UTC"},
        "log_touch": {"kind": "email"},
        "note": {"text": "words"},
        "set_step": {"kind": "call", "when": "tomorrow"},
        "hand_off": {"ae": ae.pk, "meeting": "2027-01-04T10:00", "zone": "UTC", "minutes": 30, "line": "x"},
        "recycle": {"reason": reason("mid_contract").pk},
        "disqualify": {"reason": reason("bad_data").pk},
        "correct": {"person_version": 1},
        "lose": {"reason": "no_decision"},
        "stall": {"reason": "mid_contract"},
        "reject": {"reason": "reject_no_need"},
        "outcome": {"outcome": "not_qualified", "reason": "reject_no_need"},
        "move_meeting": {"meeting": "2027-01-04T10:00", "zone": "UTC", "minutes": 30},
    }.get(name, {})


@pytest.mark.parametrize("name", FORMS)
def test_no_field_breaks_a_form(client, everybody, bob, peter, now, name):
    phase, fields = FORMS[name]
    lead = make_lead(phase=phase, bdr=bob, ae=everybody, at=now)
    target = lead.hand_offs.get() if name in OF_HAND_OFFS else lead
    url, broken = reverse(f"leads:{name}", args=[target.public_id]), []

    for field in fields:
        for value in ODD_IN_FORMS:
            sent = {"form_id": new_form_id(), **meant(name, peter), field: value}
            body = "&".join(f"{key}={_quoted(str(one))}" for key, one in sent.items())
            answer = client.post(url, body, content_type="application/x-www-form-urlencoded")
            broken += [(field, value[:40], answer.status_code)] if answer.status_code >= 500 else []

    assert broken == []


def _quoted(text):
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("text", ["x" * 20_001, "x" * 2_000_000, " " * 50, "\n" * 10_000])
def test_a_note_too_long_or_empty_is_refused_at_its_field(client, everybody, now, text):
    lead = make_lead(phase=Phase.WORKING, bdr=everybody, at=now)

    answer = client.post(reverse("leads:note", args=[lead.public_id]), {"text": text, "form_id": new_form_id()})

    assert 400 <= answer.status_code < 500
    assert not Note.objects.exists()


def test_ten_megabytes_of_words_and_a_hundred_thousand_fields_are_refused(client, everybody, now):
    lead = make_lead(phase=Phase.WORKING, bdr=everybody, at=now)
    url = reverse("leads:note", args=[lead.public_id])

    big = client.post(url, "text=" + "x" * 10_000_000, content_type="application/x-www-form-urlencoded")
    many = client.post(
        url, "&".join(f"f{n}=1" for n in range(100_000)), content_type="application/x-www-form-urlencoded"
    )

    assert 400 <= big.status_code < 500
    assert 400 <= many.status_code < 500


NOTHING = (
    f"/leads/{HUGE}/", "/leads/-1/", "/leads/%00/", "/leads/" + "0" * 36 + "/", f"/second-looks/{HUGE}/approve/",
    "/hand-offs/x/", "/people/%ed%a0%80/lead/",
)  # fmt: skip


@pytest.mark.parametrize("path", NOTHING)
def test_what_is_nothing_is_not_found(client, everybody, path):
    assert client.post(path).status_code == 404


@pytest.mark.parametrize("away", ["//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(client, everybody, bob, now, away):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=bob, ae=everybody, at=now)

    answer = client.post(
        reverse("leads:accept", args=[lead.hand_offs.get().public_id]), {"next": away, "form_id": new_form_id()}
    )

    assert answer.url == reverse("leads:hand_offs")
    assert Lead.objects.get(pk=lead.pk).phase == Phase.ACCEPTED
