"""Each figure of a track says of whom it is, why a step was passed over, and what became of a step of ours."""

from datetime import timedelta

from django.urls import reverse

from agreement.models import Phase
from leads.actions.logging import finish_step
from leads.models import Step
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, engage, make_asset, make_track, step, wait

DAY = timedelta(days=1)


def test_why_a_letter_was_passed_over_and_what_became_of_a_step_is_counted_and_listed(client, alice, marketer):
    guide, old = make_asset(), make_asset(expires_on=NOON.date())
    track = make_track(email(subject="The guide", asset=guide), email(asset=old), step("Ask"), wait(9), kind="track")
    people = [make_person(given_name=name) for name in ("Ada", "Bea", "Cyd")]
    leads = [make_lead(phase=Phase.NURTURE, bdr=alice, person=person) for person in people]
    for lead in leads:
        engage(lead.person, asset=guide)
        enrol(lead.person, track=track, by=alice, at=NOON)
    advance(at=NOON)
    steps = {one.lead_id: one for one in Step.objects.open().filter(made_by="flow")}
    finish_step(leads[0], step=steps[leads[0].pk], by=alice, at=NOON + DAY)
    finish_step(leads[1], step=steps[leads[1].pk], by=alice, at=NOON + DAY, is_skipped=True)
    follow(at=NOON + DAY)

    client.force_login(marketer)
    page = client.get(reverse("nurture:track", args=[track.public_id]))
    first, second, ours, _wait = page.context["parts"]
    assert "3 passed over: they have had it (3)" in [words for words, _name in first.figures]
    assert "3 passed over: what it brings cannot be sent now (3)" in [words for words, _name in second.figures]
    assert [words for words, _name in ours.figures] == [
        "3 came by", "1 done by us", "1 left out by us", "1 here now",
    ]  # fmt: skip
    for what, who in [("done", "Ada"), ("left_out", "Bea")]:
        behind = client.get(
            reverse("nurture:track_people", args=[track.public_id]), {"node": ours.node.pk, "what": what}
        )
        assert [one.name.split()[0] for one in behind.context["people"]] == [who]
    assert "of those who came in the last 90 days" in page.text
    assert "of everybody who ever came by in version 1" in page.text
