"""Two who write one draft: the later is told what changed, keeps what was typed, and overwrites nothing unread."""

import pytest
from django.urls import reverse

from tests.nurture.making import branch, email, make_track, step, wait


@pytest.fixture
def desk(client, marketer):
    client.force_login(marketer)
    return client


def url(name, track, *more):
    return reverse(f"nurture:{name}", args=[track.public_id, *more])


def sent_from(page, action):
    """The hidden fields of the form with this action, as a browser would send them."""
    form = page.text.partition(f'action="{action}"')[2] if action else page.text.partition("data-save")[2]
    pairs = [one.partition('" value="') for one in form.partition("</form>")[0].split('type="hidden" name="')[1:]]
    return {name: rest.partition('"')[0] for name, _sep, rest in pairs if name != "csrfmiddlewaretoken"}


def test_the_second_who_saves_a_letter_reads_what_the_first_wrote_and_keeps_hers(desk):
    track = make_track(email(subject="Plans", text="As it was."), published=False)
    node = track.versions.get().nodes.get()
    here = url("node", track, node.pk)
    first, second = sent_from(desk.get(here), ""), sent_from(desk.get(here), "")
    desk.post(here, {**first, "subject": "Plans", "text": "What the first wrote."})

    late = desk.post(here, {**second, "subject": "Plans for May", "text": "What the second wrote."})

    node.refresh_from_db()
    assert (late.status_code, node.subject, node.text) == (409, "Plans", "What the first wrote.")
    assert late.context["theirs"] == [
        ("Subject", "Plans", "Plans for May"),
        ("Text", "What the first wrote.", "What the second wrote."),
    ]
    assert "Somebody has changed this since you opened this page." in late.text
    assert ">\nWhat the second wrote.</textarea>" in late.text

    again = desk.post(here, {**sent_from(late, ""), "subject": "Plans for May", "text": "Both."})
    node.refresh_from_db()
    assert (again.status_code, node.subject, node.text) == (302, "Plans for May", "Both.")


def test_a_letter_that_was_removed_meanwhile_keeps_what_was_typed_and_is_added_anew(desk):
    track = make_track(email(), wait(3), published=False)
    draft = track.versions.get()
    node = draft.nodes.get(kind="email")
    here = url("node", track, node.pk)
    hidden = sent_from(desk.get(here), "")
    desk.post(url("node_remove", track, node.pk), {"sure": "1"})

    late = desk.post(here, {**hidden, "subject": "Hers", "text": "A long letter."})

    assert (late.status_code, ">\nA long letter.</textarea>" in late.text) == (409, True)
    anew = url("node_new", track)
    desk.post(anew, {**sent_from(late, anew), "subject": "Hers", "text": "A long letter."})
    said = draft.nodes.order_by("position").values_list("kind", "subject")
    assert list(said) == [("email", "Hers"), ("wait", "")]
    assert desk.get(here).status_code == 404


def test_a_step_below_one_that_is_gone_keeps_what_was_typed(desk):
    track = make_track(email(), wait(3), published=False)
    node = track.versions.get().nodes.get(kind="email")
    desk.post(url("node_remove", track, node.pk), {"sure": "1"})

    late = desk.post(url("node_new", track), {"kind": "email", "after": node.pk, "subject": "Mine", "text": "Words."})

    assert (late.status_code, "stands at the top" in late.text) == (409, True)
    assert ">\nWords.</textarea>" in late.text
    assert track.versions.get().nodes.count() == 1


@pytest.mark.parametrize("verb", ["node_move", "node_remove"])
def test_what_is_moved_or_removed_is_what_was_seen(desk, verb):
    track = make_track(email(), wait(3), published=False)
    letter, waits = track.versions.get().nodes.order_by("position")
    action = url(verb, track, waits.pk)
    hidden = sent_from(desk.get(url("track_draft", track)), action)
    desk.post(url("node", track, letter.pk), {"subject": "Other", "text": "Words."})

    late = desk.post(action, {**hidden, "to": "up"})

    assert (late.status_code, "Somebody has changed this draft" in late.text) == (409, True)
    assert list(track.versions.get().nodes.order_by("position")) == [letter, waits]
    assert desk.post(action, {**sent_from(late, action), "to": "up"}).status_code == 302
    assert list(track.versions.get().nodes.order_by("position")) != [letter, waits]


def test_what_is_published_or_discarded_is_what_was_seen(desk):
    track = make_track(wait(9), email())
    desk.post(url("track_draft", track))
    draft = track.versions.get(published_at=None)
    publish, discard = url("track_publish", track), url("track_discard", track)
    to_publish = sent_from(desk.get(publish), "")
    to_discard = sent_from(desk.get(url("track_draft", track)), discard)
    desk.post(url("node", track, draft.nodes.get(kind="wait").pk), {"days": "2"})

    for action, hidden in ((publish, to_publish), (discard, to_discard)):
        late = desk.post(action, {**hidden, "sure": "1"})
        assert (late.status_code, "Somebody has changed this draft" in late.text) == (409, True)
    draft.refresh_from_db()
    assert draft.published_at is None

    assert desk.post(publish, sent_from(desk.get(publish), "")).status_code == 302
    draft.refresh_from_db()
    assert draft.published_at is not None


def test_a_draft_is_discarded_only_by_who_has_seen_what_goes(desk):
    track = make_track(wait(9), email(subject="Hello {{ first_name | there }}"), wait(30))
    desk.post(url("track_draft", track))
    draft, discard = track.versions.get(published_at=None), url("track_discard", track)
    letter, pause = draft.nodes.get(kind="email"), draft.nodes.get(kind="wait", days=9)
    desk.post(url("node", track, letter.pk), {"subject": "Goodbye {{ first_name | there }}", "text": "Words."})
    desk.post(url("node_new", track), {"kind": "wait", "after": letter.pk, "days": "4"})
    desk.post(url("node_remove", track, pause.pk), {"sure": "1"})

    asked = desk.post(discard, sent_from(desk.get(url("track_draft", track)), discard))

    assert asked.status_code == 200
    assert [(str(title), str(what)) for title, what in asked.context["changes"]] == [
        ("Goodbye there", "written anew"),
        ("Wait 4 days", "added"),
        ("Wait 9 days", "taken out"),
    ]
    assert "order of its steps" not in asked.text
    assert track.versions.filter(published_at=None).exists()
    assert desk.post(discard, sent_from(asked, "")).status_code == 302
    assert not track.versions.filter(published_at=None).exists()


def test_a_draft_that_only_has_another_order_or_none_says_so_before_it_goes(desk):
    track = make_track(wait(1), wait(2))
    desk.post(url("track_draft", track))
    discard = url("track_discard", track)
    assert "its steps say what runs already" in desk.post(discard).text

    first = track.versions.get(published_at=None).nodes.get(days=1)
    desk.post(url("node_move", track, first.pk), {"to": "down"})

    assert "The order of its steps" in desk.post(discard).text


@pytest.mark.parametrize("verb", ["node_move", "node_remove"])
def test_whoever_moves_or_removes_a_step_of_a_draft_that_is_gone_is_told_so(desk, verb):
    track = make_track(wait(1), wait(2))
    desk.post(url("track_draft", track))
    action = url(verb, track, track.versions.get(published_at=None).nodes.get(days=2).pk)
    hidden = sent_from(desk.get(url("track_draft", track)), action)
    desk.post(url("track_discard", track), {"sure": "1"})

    late = desk.post(action, {**hidden, "to": "up"}, follow=True)

    assert late.redirect_chain == [(url("track", track), 302)]
    assert "The draft was published or discarded meanwhile." in late.text


def test_the_only_draft_of_a_track_is_not_discarded(desk):
    track = make_track(wait(1), published=False)

    answer = desk.post(url("track_discard", track), follow=True)

    assert "there is only this draft" in answer.text
    assert track.versions.count() == 1


def test_a_step_is_added_moved_and_removed_once_however_often_it_is_sent(desk):
    track = make_track(wait(1), wait(2), wait(3), published=False)
    draft = track.versions.get()
    new = url("node_new", track)
    hidden = sent_from(desk.get(new, {"kind": "wait"}), "")
    added = [desk.post(new, {**hidden, "days": "9"}) for _n in range(2)]
    assert added[0].url == added[1].url
    assert list(draft.nodes.order_by("position").values_list("days", flat=True)) == [9, 1, 2, 3]

    last = draft.nodes.get(days=3)
    move = url("node_move", track, last.pk)
    hidden = sent_from(desk.get(url("track_draft", track)), move)
    assert [desk.post(move, {**hidden, "to": "up"}).status_code for _n in range(2)] == [302, 302]
    assert list(draft.nodes.order_by("position").values_list("days", flat=True)) == [9, 1, 3, 2]

    remove = url("node_remove", track, last.pk)
    hidden = sent_from(desk.get(url("track_draft", track)), remove)
    assert [desk.post(remove, hidden).status_code for _n in range(2)] == [302, 302]
    assert list(draft.nodes.order_by("position").values_list("days", flat=True)) == [9, 1, 2]


def test_what_goes_along_with_a_step_is_asked_before_it_is_removed(desk):
    ask = branch("clicked", [wait(2), step("Call them")], [email(subject="Plans for June", text="Long words.")])
    track = make_track(ask, wait(3), published=False)
    draft = track.versions.get()
    remove = url("node_remove", track, draft.nodes.get(kind="branch").pk)
    hidden = sent_from(desk.get(url("track_draft", track)), remove)

    asked = desk.post(remove, hidden)

    assert draft.nodes.count() == 5
    said = ["This takes 3 steps along", "Plans for June", "Call them", "Keep"]
    assert (asked.status_code, [word for word in said if word not in asked.text]) == (200, [])
    assert [desk.post(remove, sent_from(asked, "")).status_code for _n in range(2)] == [302, 302]
    assert list(draft.nodes.values_list("days", flat=True)) == [3]


@pytest.mark.parametrize(("words", "is_asked"), [("Ask for the budget of next year", True), ("", False)])
def test_the_words_of_a_step_of_ours_are_asked_for_before_it_is_removed(desk, words, is_asked):
    track = make_track(wait(3), step(words), published=False)
    draft = track.versions.get()
    remove = url("node_remove", track, draft.nodes.get(kind="step").pk)
    hidden = sent_from(desk.get(url("track_draft", track)), remove)

    asked = desk.post(remove, hidden)

    assert (asked.status_code == 200 and "This takes its words along" in asked.text and words in asked.text) == is_asked
    assert draft.nodes.filter(kind="step").exists() == is_asked
    if is_asked:
        desk.post(remove, sent_from(asked, ""))
    assert not draft.nodes.filter(kind="step").exists()


def test_what_is_asked_before_a_letter_is_removed_has_no_fields_in_it(desk):
    track = make_track(email(subject="{{ first_name | there }}, plans", text="Hello {{ name }}."), published=False)
    remove = url("node_remove", track, track.versions.get().nodes.get().pk)

    asked = desk.post(remove, sent_from(desk.get(url("track_draft", track)), remove)).text

    assert "Remove “There, plans”?" in asked
    assert "Hello [their whole name]." in asked
