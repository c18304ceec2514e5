"""Fans: doers who take everything there is to read, fed and kept out of every queue; what they are worth is counted."""

from datetime import timedelta

from django.urls import reverse

from accounts.models import Employment
from agreement.models import Phase
from leads.actions.merging import merge_people
from leads.models import Lead, Recycling
from nurture.actions.sorting import enrol_fans
from nurture.listing import fans_of
from nurture.models import Enrolment
from nurture.telling import fan_figures
from tests.make import NOON, make_account, make_lead, make_person
from tests.nurture.making import email, engage, make_enrolment, make_track, wait


def doer(*kinds):
    person = make_person(account=make_account(), title="Systems administrator")
    Employment.objects.filter(person=person).update(role="doer")
    for days, kind in enumerate(kinds, start=1):
        engage(person, kind=kind, at=NOON - timedelta(days=days))
    return person


def test_who_takes_everything_is_a_fan_and_what_fans_are_worth_is_counted_and_listed(client, marketer, alice):
    fans = make_track(email(), wait(30), is_fan_base=True, name="Fans")
    reads, downloads = doer(*["read"] * 8), doer(*["downloaded"] * 4)
    few, decides = doer(*["read"] * 7), doer(*["downloaded"] * 9)
    Employment.objects.filter(person=decides).update(role="decision_maker")

    assert enrol_fans(at=NOON) == 2
    assert set(Enrolment.objects.under_way().values_list("person", flat=True)) == {reads.pk, downloads.pk}
    assert enrol_fans(at=NOON) == 0
    assert not Lead.objects.filter(person__in=[reads, downloads, few]).exists()

    # One of them is a champion by now, the other has named who decides.
    Employment.objects.filter(person=reads).update(role="champion")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=downloads)
    Recycling.objects.filter(lead=lead).update(referred_to=make_person())
    client.force_login(marketer)
    page = client.get(reverse("nurture:track", args=[fans.public_id]))
    figures = page.context["fans"]
    assert (figures.fans, figures.referrals, figures.step_ups) == (2, 1, 1)
    for what, person in [("named", downloads), ("rose", reads)]:
        listed = client.get(reverse("nurture:track_people", args=[fans.public_id]), {"what": what})
        assert [one.name for one in listed.context["people"]] == [str(person)], what
    other = client.get(reverse("nurture:track_people", args=[make_track(wait(1)).public_id]), {"what": "named"})
    assert other.context["what"] == "under_way"


def test_a_fan_who_was_merged_is_one_fan_and_what_she_did_since_is_hers(marketer, alice, mona):
    fans = make_track(wait(30), is_fan_base=True, name="Fans")
    twice, also, other = (doer() for _person in range(3))
    for person in (twice, also, other):
        make_enrolment(fans, person)
    assert (fan_figures(fans).fans, fan_figures(fans).referrals, fan_figures(fans).step_ups) == (3, 0, 0)

    kept = doer()
    for person in (twice, also):
        merge_people(kept, person, by=mona, at=NOON)
    Employment.objects.filter(person=kept, is_current=True).update(role="champion")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=kept)
    Recycling.objects.filter(lead=lead).update(referred_to=make_person())

    figures = fan_figures(fans)
    assert (figures.fans, figures.referrals, figures.step_ups) == (2, 1, 1)
    assert [one.person for one in fans_of(fans, "named")] == [also]
