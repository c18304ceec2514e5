"""The page of hand-offs and the brief: what is asked stands first, and each reader finds what is hers."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Criterion
from leads.actions.answering import answer_criteria
from leads.actions.engaging import NewEngagement, record_engagements
from leads.actions.handing import accept_hand_off, reject_hand_off
from leads.actions.leaving import release_absent
from leads.models import Engagement
from team.models import Absence, Membership, Role
from team.templatetags.midfield import away_words
from tests.leads.hand_offs.sending import page_of, post, send
from tests.make import give_verdicts, make_person, make_user, reason


def test_the_inbox_opens_with_what_waits_longest_for_an_answer(client, alice, peter, iris, now):
    later = send(alice, peter, now)
    first = send(alice, peter, now - timedelta(days=3), person=iris)
    client.force_login(peter)

    response = client.get(reverse("leads:hand_offs"))

    assert response.status_code == 200
    assert response.context["hand_off"] == first
    assert [group.key for group in response.context["inbox"].groups] == ["answer"]
    assert [one.pk for one in response.context["inbox"].groups[0].items] == [first.pk, later.pk]


def test_the_brief_says_why_who_decides_what_she_read_and_what_to_ask(client, alice, peter, sent, iris, now):
    need = Criterion.objects.get(key="need")
    answer_criteria(sent.lead, answers={need: ("yes", "unplanned stops")}, by=alice, at=now)
    make_person(given_name="Joel", account=iris.employments.get().account)
    client.force_login(peter)

    response = client.get(page_of(sent))

    brief = response.context["brief"]
    assert "Contract ends in March" in response.text
    assert "unplanned stops" in response.text
    assert [verdict.criterion.key for verdict in brief.questions] == ["budget", "authority", "timeframe", "motivation"]
    assert Criterion.objects.get(key="budget").question in response.text
    assert [job.person.given_name for job in brief.group] == ["Iris", "Joel"]
    assert brief.roles_missing == ["Decision maker", "Champion"]


def test_the_brief_says_what_she_did_once_and_where_it_is_known_at_what(client, peter, sent, iris, now):
    kind = Engagement.Kind.LISTED
    record_engagements([NewEngagement(iris.pk, kind, now, source=source) for source in ("", "Spring fair")], at=now)
    client.force_login(peter)

    (did,) = re.findall(r"What they read and did</h3>(.*?)</ul>", client.get(page_of(sent)).text, re.DOTALL)

    assert (did.count("as on a list"), did.count("<span>Was on a list</span>"), "Spring fair" in did) == (2, 1, True)


def test_who_sent_it_sees_whether_the_brief_was_read_by_whoever_meets_the_lead(client, alice, peter, mona, sent, iris):
    def says(user, url):
        client.force_login(user)
        return client.get(url).text

    lead = reverse("leads:lead", args=[sent.lead.public_id])
    assert "brief not read yet" in says(mona, page_of(sent))
    assert "Peter has not read the brief yet" in says(alice, lead)

    says(peter, reverse("leads:hand_offs"))

    assert "brief read" in says(mona, page_of(sent))
    assert "Peter has read the brief" in says(alice, lead)


def test_her_own_hand_offs_stand_before_the_bdr_with_what_came_back(client, alice, bob, peter, sent, now):
    back = send(alice, peter, now)
    reject_hand_off(back, reason=reason("reject_brief_empty"), by=peter, at=now)
    send(bob, peter, now)
    client.force_login(alice)

    inbox = client.get(reverse("leads:hand_offs")).context["inbox"]

    assert inbox.view == "from_me"
    assert [(group.key, [one.pk for one in group.items]) for group in inbox.groups] == [
        ("answer", [sent.pk]),
        ("back", [back.pk]),
    ]


def test_the_invitation_is_a_file_for_those_who_see_the_hand_off(client, alice, eve, peter, now):
    sent = send(alice, peter, now, meeting_in=5)
    url = reverse("leads:invitation", args=[sent.public_id])
    client.force_login(alice)

    mine, hers = client.get(url), client.get(url + "?for=her")

    assert mine["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"METHOD:PUBLISH" in mine.content
    assert b"METHOD:REQUEST" in hers.content
    client.force_login(eve)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example/", "back", "leads:lead", "\x00"])
def test_a_next_address_elsewhere_is_not_followed(client, peter, sent, there):
    client.force_login(peter)

    response = post(client, "accept", sent, next=there)

    assert response.url == reverse("leads:hand_offs")


@pytest.mark.parametrize("rows", [1, 20])
def test_the_page_costs_the_same_queries_however_much_is_there(
    client, alice, peter, iris, rows, now, django_assert_num_queries
):
    account = iris.employments.get().account
    for n in range(rows):
        person = iris if n == 0 else make_person(account=account)
        one = send(alice, peter, now - timedelta(minutes=rows - n), person=person)
        give_verdicts(one.lead, by=alice, at=now)
        if n % 3 == 1:
            accept_hand_off(one, by=peter, at=now)
    client.force_login(peter)

    # The first request of a session also stores it.
    client.get(reverse("leads:hand_offs"))

    # session, user, roles; open ones, deals, the chosen one; what the agreement asks, answers, criteria; company,
    # engagements, pursuits, notes, contacts; reasons; rail
    with django_assert_num_queries(16):
        response = client.get(reverse("leads:hand_offs"))

    groups = {group.key: group.total for group in response.context["inbox"].groups}
    assert sum(groups.values()) == rows


def test_signed_out_people_are_asked_to_sign_in(client, sent):
    response = client.get(page_of(sent))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


AWAY = "Peter is away until"


def said_of_peter(client, sent):
    """How each page says that Peter is away: by the first words after it."""
    client.force_login(sent.bdr)
    urls = (reverse("leads:lead", args=[sent.lead.public_id]), page_of(sent), reverse("leads:hand_offs"))
    pages = [client.get(url).text for url in urls]
    return {page.partition(AWAY)[2].partition("<")[0].strip() for page in pages}


def test_only_who_really_covers_is_named_and_where_it_is_lent_who_has_it(client, team, alice, peter, sent, now):
    rita, rosa = make_user("rita", Role.AE), make_user("rosa", Role.AE)
    until = now + timedelta(days=3)
    day = away_words("", until, "", now=now).rpartition(" ")[2]
    absence = Absence.objects.filter(pk=Absence.objects.create(user=peter, starts_at=now, ends_at=until, cover=rita).pk)
    hers = Absence.objects.create(user=rita, starts_at=now, ends_at=until)
    assert said_of_peter(client, sent) == {day}

    absence.update(cover=rosa)
    assert said_of_peter(client, sent) == {f"{day}; Rosa covers"}

    release_absent(at=timezone.now())
    hers.delete()
    assert said_of_peter(client, sent) == {f"{day}; Rosa covers"}

    absence.update(cover=rita)
    assert said_of_peter(client, sent) == {f"{day}; Rita covers"}

    rita.memberships.all().delete()
    assert said_of_peter(client, sent) == {day}

    Membership.objects.create(user=alice, role=Role.AE)
    absence.update(cover=alice)
    # Her inbox opens with what came to her now.
    assert said_of_peter(client, sent) - {""} == {day}
