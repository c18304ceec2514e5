"""What the links of a message lead to, for whoever got it and for the machines that look through her mail."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Suppression
from content.models import Topic
from leads.actions.merging import merge_people
from leads.models import Engagement, Interest
from nurture.actions.hearing import judge_hits
from nurture.actions.sending import deliver
from nurture.models import Hit, Message, Preference
from nurture.tokens import LINK, PERSON, STOP, token_of
from team.models import Installation
from tests.make import NOON, make_asset, make_person
from tests.nurture.making import make_letter_track, make_message

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def sent(db):
    """A message that went out an hour ago, with three links of which the first is an asset."""
    asset = make_asset("The guide", topic=Topic.objects.create(key="planning", label="Planning"))
    text = "[a]({{ asset_link }}) [b](https://b.example/) [c](https://c.example/)"
    message = make_message(make_letter_track(text=text, asset=asset), make_person(time_zone="UTC"))
    message.links.create(number=0)
    message.links.create(number=1, asset=asset)
    message.links.create(number=2, url="https://b.example/")
    message.links.create(number=3, url="https://c.example/")
    Message.objects.filter(pk=message.pk).update(
        state="sent", due_at=None, sent_at=timezone.now() - timedelta(hours=1), claimed_at=NOON, to_hash="x"
    )
    return Message.objects.get(pk=message.pk)


def follow(client, message, number, *, agent=BROWSER, method="get", address="192.0.2.1"):
    link = message.links.get(number=number)
    url = reverse("nurture:followed", args=[token_of(LINK, link.pk)])
    return getattr(client, method)(url, headers={"user-agent": agent}, REMOTE_ADDR=address)


def judged(message):
    judge_hits(at=timezone.now() + timedelta(minutes=2))
    message.refresh_from_db()
    return list(Hit.objects.order_by("pk").values_list("verdict", flat=True))


def test_a_click_leads_to_the_permalink_and_counts_once_as_an_engagement(client, sent):
    first = follow(client, sent, 1)
    follow(client, sent, 1)

    assert first["Location"] == reverse("content:asset", args=[sent.asset.public_id])
    assert judged(sent) == ["probable", "probable"]
    (deed,) = Engagement.objects.all()
    assert (deed.kind, deed.asset, deed.source) == ("clicked", sent.asset, "mail")
    assert (sent.clicked_at is not None, sent.opened_at is not None) == (True, True)


@pytest.mark.parametrize(
    "come",
    [
        lambda client, sent: follow(client, sent, 1, method="head"),
        lambda client, sent: follow(
            client, sent, 1, agent="Mozilla/5.0 (compatible; Examplebot/2.1; +http://x.example)"
        ),
        lambda client, sent: follow(client, sent, 1, agent=""),
        lambda client, sent: [follow(client, sent, number) for number in (1, 2, 3)],
        lambda client, sent: [follow(client, sent, number) for number in (1, 0)],
    ],
)
def test_a_machine_scores_nothing(client, sent, come):
    come(client, sent)

    assert set(judged(sent)) == {"scanner"}
    assert (Engagement.objects.count(), sent.clicked_at) == (0, None)


def test_within_ten_seconds_of_the_servers_answer_it_was_a_machine(client, sent):
    Message.objects.update(sent_at=timezone.now())
    follow(client, sent, 1)
    assert judged(sent) == ["scanner"]


def test_what_turns_out_late_to_have_been_a_machine_is_reversed_and_interest_is_as_before(client, sent):
    follow(client, sent, 1)
    judged(sent)
    worth = Interest.objects.get(person=sent.person).points
    follow(client, sent, 0)

    assert judged(sent) == ["scanner", "scanner"]
    assert worth > 0
    assert Interest.objects.get(person=sent.person).points == 0
    deed, back = Engagement.objects.order_by("pk")
    assert (back.reverses, back.points) == (deed.pk, -deed.points)
    assert Hit.objects.get(engagement_id=deed.pk).reversed_by == back.pk
    judged(sent)
    assert Engagement.objects.count() == 2


def test_a_click_after_a_merge_counts_for_whom_she_was_merged_into(client, sent):
    kept = make_person()
    merge_people(kept, sent.person, by=None, at=timezone.now())
    follow(client, sent, 1)

    assert judged(sent) == ["probable"]
    assert Engagement.objects.get().person == kept


@pytest.mark.parametrize("token", ["", "1", "1.x", "9.AAAA", "%00", "x" * 500])
def test_an_address_that_was_not_made_here_leads_nowhere(client, db, token):
    assert client.get(f"/m/{token}/").status_code == 404
    assert client.get(f"/mail/preferences/{token}/").status_code == 404
    if token:
        assert client.get(f"/mail/o/{token}.gif")["Content-Type"] == "image/gif"
        for answer in (
            client.get(f"/mail/stop/{token}/"),
            client.post(f"/mail/stop/{token}/"),
            client.post(f"/mail/stop/{token}/", {"List-Unsubscribe": "One-Click"}),
            client.get(f"/mail/preferences/{token}/"),
        ):
            assert answer.status_code == 404
            assert "This link leads nowhere" in answer.text
    assert Hit.objects.count() == 0


def test_one_click_stops_at_once_and_looking_at_the_page_does_not(client, sent, sink, rules, clock):
    url = reverse("nurture:stop", args=[token_of(STOP, sent.pk)])
    client.get(url)
    client.head(url)
    assert not Suppression.objects.exists()

    answer = client.post(url, {"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, answer.content, answer.has_header("Set-Cookie")) == (200, b"", False)
    assert set(Suppression.objects.values_list("channel", "person", "key_hash")) == {
        ("email", sent.person_id, ""),
        ("email", None, "x"),
    }
    sent.refresh_from_db()
    assert sent.unsubscribed_at is not None
    Message.objects.filter(pk=sent.pk).update(state="planned", due_at=NOON, sent_at=None, claimed_at=None)
    deliver(by="me", clock=clock)
    assert sink.taken == []
    assert "no more e-mail" in client.get(reverse("nurture:preferences", args=[token_of(PERSON, sent.person_id)])).text


def test_what_she_chooses_on_her_page_is_kept_and_a_wrong_choice_is_told(client, sent):
    url = reverse("nurture:preferences", args=[token_of(PERSON, sent.person_id)])
    topic = sent.asset.topic
    assert f'value="{topic.pk}" id="id_topics_0" checked' in client.get(url).text

    assert client.post(url, {"pace": "daily"}).status_code == 422
    assert client.post(url, {"pace": "weekly", "pause": "30", "topics": []}).status_code == 302

    kept = Preference.objects.get(person=sent.person)
    assert (kept.pace, list(kept.refused.all())) == ("weekly", [topic])
    assert timedelta(days=29) < kept.paused_until - timezone.now() < timedelta(days=31)
    assert "Paused until" in client.get(url).text


def test_who_changes_something_else_stays_paused_until_the_same_day(client, sent):
    url = reverse("nurture:preferences", args=[token_of(PERSON, sent.person_id)])
    client.post(url, {"pace": "weekly", "pause": "30"})
    paused = Preference.objects.get().paused_until
    chosen = client.get(url).context["form"]["pause"].value()

    client.post(url, {"pace": "normal", "pause": chosen})

    kept = Preference.objects.get()
    assert (kept.pace, kept.paused_until) == ("normal", paused)


def test_of_a_letter_that_is_gone_the_answer_is_that_of_one_that_never_was(client, db):
    gone, never = token_of(STOP, 987654), "987654.nobody-made-this"
    for said in (None, {"List-Unsubscribe": "One-Click"}, {}):
        answers = [
            client.get(f"/mail/stop/{token}/") if said is None else client.post(f"/mail/stop/{token}/", said)
            for token in (gone, never)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        # The head has a number of its own for each answer (the policy's nonce).
        first, second = (answer.text.partition("<main")[2].partition("</main>")[0] for answer in answers)
        assert first == second != ""


def test_a_recipient_meets_the_sender_and_not_the_product(client, sent, rules):
    stop = reverse("nurture:stop", args=[token_of(STOP, sent.pk)])
    own = reverse("nurture:preferences", args=[token_of(PERSON, sent.person_id)])

    cut = client.get(f"/m/{token_of(LINK, sent.links.get(number=1).pk)[:-3]}/")
    pages = [client.get(stop), client.get(own), client.get("/mail/stop/garbage/"), cut, client.post(stop)]

    assert [page.status_code for page in pages] == [200, 200, 404, 404, 200]
    assert ["Midfield" in page.text for page in pages] == [False] * 5
    assert ("This link leads nowhere" in cut.text, "start page" in cut.text) == (True, False)


def test_whoever_has_stopped_everything_is_told_so_and_asked_no_more(client, sent, rules):
    stop = reverse("nurture:stop", args=[token_of(STOP, sent.pk)])
    client.post(stop)

    again = client.get(stop)

    assert (again.status_code, "You get no more e-mail from us" in again.text) == (200, True)
    assert ("stays so" in again.text, "<button" in again.text) == (True, False)


def test_every_page_of_a_recipient_names_the_sender_as_the_foot_of_a_letter_does(client, sent, rules, settings):
    settings.DEFAULT_FROM_EMAIL = "news@halden.example"
    Installation.objects.update(company="Halden Maintenance")
    type(rules).objects.update(postal_address="12 Quay Street, Halden")
    stop = reverse("nurture:stop", args=[token_of(STOP, sent.pk)])
    own = reverse("nurture:preferences", args=[token_of(PERSON, sent.person_id)])

    pages = [client.get(stop), client.get(own), client.post(stop), client.get(own), client.get("/mail/stop/garbage/")]

    for page in pages:
        for said in ("Halden Maintenance", "news@halden.example", "12 Quay Street, Halden"):
            assert said in page.text
