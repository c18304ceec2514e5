"""The demo company has talks with its reps, each read by whom it concerns."""

from datetime import UTC, datetime

from django.urls import reverse

from content.models import Feedback, Talk
from leads.demo.cast import make_cast
from leads.demo.wishes import TALKS, make_talks

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def test_talks_are_noted_with_what_became_of_them(client, db):
    cast = make_cast(at=AT, zone="Europe/London")

    make_talks(cast, at=AT)

    assert Talk.objects.count() == len(TALKS)
    assert sorted(Feedback.objects.values_list("state", flat=True)) == ["done", "in_work", "open"]
    client.force_login(cast.milo)
    page = client.get(reverse("content:talks")).text
    assert [page.count(said.text.split("\n")[0][:40]) for said in TALKS] == [1] * len(TALKS)
    client.force_login(cast.ana)
    assert client.get(reverse("content:talks")).text.count("noted by Milo Brandt") == 1
