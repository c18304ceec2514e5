"""A letter is read as it will go out before it does: a rep's own, and that of a step of a track."""

from django.urls import reverse

from nurture.models import MailRules, Message
from nurture.recipients import permalink
from tests.make import make_lead, make_person
from tests.nurture.making import add_version, email, make_asset, make_track

PLACE = "Corvane Ltd, Mill Lane 1, Bristol"


def test_what_a_rep_wrote_is_shown_with_its_frame_its_foot_and_whom_it_is_from(client, alice, rules):
    MailRules.objects.update(postal_address=PLACE, sender_name="Our house")
    lead = make_lead(phase="working", bdr=alice, person=make_person(given_name="Ada", email="ada@corvane.example"))
    client.force_login(alice)
    said = {"subject": "For {{ first_name | you }}", "text": "Hello **Ada** <script>alert(1)</script>"}

    page = client.post(reverse("nurture:write", args=[lead.public_id]), {**said, "do": "preview"})

    preview = page.context["preview"]
    assert preview.subject == "For Ada"
    assert alice.name in preview.sender
    for part in ("<strong", "What you get, how often, or stop it", PLACE, "prefers-color-scheme: dark"):
        assert part in preview.html, part
    assert "<script" not in preview.html
    # In a frame that may do nothing, and whose styles its page allows.
    assert 'sandbox="" srcdoc="&lt;!DOCTYPE html&gt;' in page.text
    assert "style-src 'self' 'unsafe-inline'" in page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    plain = client.get(reverse("nurture:write", args=[lead.public_id]))
    assert "unsafe-inline" not in plain.headers["Content-Security-Policy"]
    assert not Message.objects.exists()


def test_the_letter_of_a_step_is_read_from_the_flow_with_what_differs_in_brackets(client, alice, marketer, rules):
    MailRules.objects.update(postal_address=PLACE, sender_name="Our house")
    guide = make_asset(title="The planner’s guide")
    track = make_track(
        email(subject="For {{ first_name | you }}", text="Read [it]({{ asset_link }}), says {{ sender_name | us }}.",
              asset=guide),
        email(subject="What fits", text="{{ asset_title | this }}", brings_what_fits=True),
    )  # fmt: skip
    draft = add_version(track, email(subject="Not yet", text="At {{ company }}"), published=False)
    first, second = track.versions.get(number=1).nodes.order_by("position")
    client.force_login(alice)

    def read(node, name="node_letter"):
        return client.get(reverse(f"nurture:{name}", args=[track.public_id, node.pk]))

    assert (
        reverse("nurture:node_letter", args=[track.public_id, first.pk])
        in client.get(reverse("nurture:track", args=[track.public_id])).text
    )
    page = read(first)
    assert "For [their first name]" in page.text
    assert "The planner’s guide" in page.text
    frame = read(first, "node_letter_frame")
    for part in ("[who writes]", str(guide.public_id), "You get this because", "stop it", PLACE):
        assert part in frame.text, part
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "[what fits]" in read(second, "node_letter_frame").text

    # A draft is read by who writes it.
    waits = draft.nodes.get()
    assert read(waits).status_code == 404
    client.force_login(marketer)
    assert read(waits).status_code == 200
    assert "[where they work]" in read(waits, "node_letter_frame").text


def test_what_a_letter_brings_is_a_link_by_its_title_where_its_address_stands_bare(client, marketer, rules):
    guide = make_asset(title="The planner’s guide")
    track = make_track(
        email(subject="This one", text="Look:\n\n{{ asset_link }}", asset=guide),
        email(subject="What fits", text="Look:\n\n{{ asset_link }}", brings_what_fits=True),
    )
    client.force_login(marketer)

    for node, words in zip(track.versions.get().nodes.order_by("position"), (guide.title, "[what fits]"), strict=True):
        frame = client.get(reverse("nurture:node_letter_frame", args=[track.public_id, node.pk])).text
        assert f">{words}</a>" in frame


def test_an_address_of_the_library_that_was_pasted_is_called_by_its_title_wherever_the_letter_is_read(
    client, alice, mona, rules
):
    guide = make_asset(title="The planner’s guide")
    address = permalink(str(guide.public_id))
    lead = make_lead(phase="working", bdr=alice, person=make_person(email="ada@corvane.example"))
    track = make_track(email(subject="This one", text=f"Look: {address}"))
    client.force_login(alice)
    said = {"subject": "Hi", "text": f"Look: {address}"}

    written = client.post(reverse("nurture:write", args=[lead.public_id]), {**said, "do": "preview"})
    client.post(reverse("nurture:write", args=[lead.public_id]), {**said, "do": "send"})
    node = track.versions.get().nodes.get()
    of_step = client.get(reverse("nurture:node_letter_frame", args=[track.public_id, node.pk]))
    client.force_login(mona)
    kept = client.get(reverse("nurture:message_frame", args=[Message.objects.get().public_id]))

    for html in (written.context["preview"].html, of_step.text, kept.text):
        assert f'href="{address}"' in html
        assert f">{guide.title}</a>" in html
