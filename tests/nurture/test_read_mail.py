"""What came back by mail is told by its kind, whatever its bytes are."""

import random
import time
from datetime import date

import pytest

from nurture.inbound.absence import day_of_return
from nurture.inbound.mail import Kind, read_mail
from tests.nurture.mails import complaint, mail, report

pytestmark = pytest.mark.once

JO = "jo@brevik.example"


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "550 5.1.1 <jo@brevik.example>: Recipient address rejected: User unknown", Kind.BOUNCE_HARD),
        ("5.0.0", "550 No such user here", Kind.BOUNCE_HARD),
        ("5.4.4", "host or domain name not found", Kind.BOUNCE_HARD),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", Kind.BOUNCE_HARD),
        ("5.2.2", "552 5.2.2 mailbox of this unknown user is full", Kind.BOUNCE_SOFT),
        ("5.1.1", "550 5.1.1 rejected: see https://www.spamhaus.org/query/ip/192.0.2.1", Kind.BOUNCE_SOFT),
        ("5.7.1", "550 5.7.1 Email rejected per DMARC policy", Kind.BOUNCE_SOFT),
        ("5.1.8", "553 5.1.8 Domain of sender address does not exist", Kind.BOUNCE_SOFT),
        ("4.4.7", "delivery time expired", Kind.BOUNCE_SOFT),
        ("5.0.0", "", Kind.BOUNCE_SOFT),
    ],
)
def test_a_bounce_is_hard_when_the_address_is_to_blame(status, said, kind):
    found = read_mail(report((JO, "failed", status, said)))

    assert (found.kind, found.failed_recipient) == (kind, JO)
    assert found.original_ids == ["<ours@midfield.example>"]


def test_a_report_is_as_bad_as_its_worst_recipient_and_a_delivered_one_is_none():
    full = ("full@brevik.example", "failed", "5.2.2", "552 5.2.2 mailbox full")
    gone = (JO, "failed", "5.1.1", "550 5.1.1 user unknown")
    fine = ("ann@brevik.example", "delivered", "2.0.0", "250 ok")

    assert read_mail(report(fine)).kind == Kind.OTHER
    assert read_mail(report((JO, "delayed", "4.1.1", "user unknown"))).kind == Kind.BOUNCE_SOFT
    assert [(one.recipient, one.is_hard) for one in read_mail(report(full, gone, fine)).failures] == [
        (JO, True),
        ("full@brevik.example", False),
    ]


def test_a_bounce_in_plain_words_is_read_as_well():
    body = (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered. The following address(es) failed:\n\n"
        "  jo@brevik.example\n    host mx.brevik.example [192.0.2.1]: 550 unknown user\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n"
        "Message-ID: <ours@midfield.example>\nFrom: anna@midfield.example\nSubject: mailbox full of spam\n\nHello\n"
    )

    found = read_mail(mail(body, sender="Mailer-Daemon@mx.example", subject="Mail delivery failed"))

    assert (found.kind, found.failed_recipient) == (Kind.BOUNCE_HARD, JO)
    assert found.original_ids == ["<ours@midfield.example>"]


def test_a_complaint_and_an_opt_out_by_feedback_loop():
    assert read_mail(complaint()).kind == Kind.COMPLAINT
    assert read_mail(complaint()).failed_recipient == JO
    assert read_mail(complaint("opt-out")).kind == Kind.UNSUBSCRIBE
    assert read_mail(complaint("auth-failure")).kind == Kind.OTHER


@pytest.mark.parametrize(
    ("body", "subject", "kind"),
    [
        ("Please remove me from your mailing list.\n\nThanks\nJo", "Re: Our offer", Kind.UNSUBSCRIBE),
        ("STOP\n\nOn Thu, 19 Nov 2026 Anna <anna@midfield.example> wrote:\n> Hello", "Re: Our offer", Kind.UNSUBSCRIBE),
        ("", "unsubscribe", Kind.UNSUBSCRIBE),
        ("Bitte keine weiteren E-Mails mehr", "AW: Angebot", Kind.UNSUBSCRIBE),
        ("Please don't stop, this helps. Call me on Tuesday.", "Re: Our offer", Kind.REPLY),
        ("Could you stop by on Tuesday?", "Re: Our offer", Kind.REPLY),
        ("How do your other customers unsubscribe people?", "Re: Our offer", Kind.REPLY),
    ],
)
def test_who_wants_to_be_left_alone_says_nothing_else(body, subject, kind):
    assert read_mail(mail(body, subject=subject)).kind == kind


def test_a_reply_is_hers_without_what_it_quotes():
    body = (
        "Yes, call me on Tuesday.\n\nOn Thu, 19 Nov 2026 at 10:00, Anna\n<anna@midfield.example> wrote:\n"
        "> Shall we talk?\nAt nine.\n> Anna\n\n-- \nJo Prentice"
    )
    outlook = "Gerne.\n\nVon: Anna\nGesendet: Donnerstag, 19. November 2026\nAn: Jo\nBetreff: Angebot\n\nHallo"
    html = mail("<p>Fine.<br>Jo</p><blockquote>Shall we talk?</blockquote>", Content_Type="text/html")

    assert read_mail(mail(body, In_Reply_To="<ours@midfield.example>")).words == "Yes, call me on Tuesday.\n\nAt nine."
    assert read_mail(mail(outlook)).words == "Gerne."
    assert read_mail(html).words == "Fine.\nJo"


def test_a_machine_answers_and_a_mailing_is_none_of_ours():
    assert read_mail(mail("We got your mail: ticket 12.", Auto_Submitted="auto-replied")).kind == Kind.AUTO_REPLY
    away = read_mail(mail("I am away and back on 7 December.", subject="Automatic reply: Our offer"))
    assert (away.kind, away.back_on) == (Kind.OUT_OF_OFFICE, date(2026, 12, 7))
    assert read_mail(mail("News", List_Id="<news.brevik.example>")).kind == Kind.OTHER


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("I am out of office until 5 December.", date(2026, 12, 7)),  # A Saturday.
        ("Back on Monday", date(2026, 11, 23)),
        ("Ich bin ab dem 30.11.2026 wieder im Büro", date(2026, 11, 30)),
        ("bis einschließlich 4. Dezember abwesend", date(2026, 12, 7)),
        ("out of the office from 1 December to 12 December", date(2026, 12, 14)),
        ("out 23 Nov - 2 Dec, available again from 3 December", date(2026, 12, 3)),
        ("Je serai de retour le 4 janvier", date(2027, 1, 4)),
        ("Away until May 5", date(2027, 5, 5)),
        ("I was away from 1 to 6 November", None),
        ("Back in 2031-01-01", None),
        ("Call 12.34.56 or 99/99/2026 until 31 February", None),
    ],
)
def test_the_day_of_return_is_what_she_says(words, day):
    assert day_of_return(words, sent_on=date(2026, 11, 20)) == day


def test_nothing_of_hostile_mail_breaks_the_reader_or_keeps_it_busy():
    rng = random.Random(4)
    whole = [report((JO, "failed", "5.1.1", "user unknown")), complaint(), mail("Yes.\n\nOn Monday Jo wrote:\n> No")]
    hostile = [
        b"", b"\x00" * 5000, b"\xff\xfe" * 5000, b"\r\n" * 200_000,
        b"From: \x00<a@b\r\nSubject: =?bogus?B?////?=\r\n\r\n\x00",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 5000,
        b"Content-Type: text/plain; charset=no-such\r\nContent-Transfer-Encoding: base64\r\n\r\n=====\xff",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 60_000 + b"<blockquote>" * 10_000,
        b"Date: Mon, 99 Foo 99\r\nMessage-ID: " + b"<" * 9000 + b"\r\nTo: " + b"a@b," * 9000 + b"\r\n\r\n",
        b"Subject: Re: x\r\n\r\n" + b"On wrote " * 100_000, b"Subject: failed\r\n\r\n" + b"user " * 200_000,
        b'Subject: x\r\n\r\n{"notificationType": "Bounce", "bounce": ' + b"[" * 100_000,
        mail("x" * (10 * 1024 * 1024)),
    ]  # fmt: skip
    for one in whole:
        for _ in range(60):
            broken = bytearray(one)
            for _ in range(rng.randrange(1, 30)):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            hostile.append(bytes(broken[: rng.randrange(len(broken))]))

    for raw in hostile:
        begun = time.process_time()
        read_mail(raw)
        assert time.process_time() - begun < 2, raw[:60]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Nora Weller <nora@x.example>", "Nora Weller"),
        ('"Weller, Nora \\"No\\"" <nora@x.example>', 'Weller, Nora "No'),
        ("=?utf-8?q?Weller=2C_N=C3=B3ra?= <nora@x.example>", "Weller, N\u00f3ra"),
        ("nora@x.example (Nora Weller)", "Nora Weller"),
        ("'nora@x.example' <nora@x.example>", ""),
        ("nora@x.example", ""),
        ("<nora@x.example>", ""),
        ("", ""),
        ("N" * 300 + " <nora@x.example>", "N" * 200),
        ("Nora @ Acme <nora@x.example>", "Nora @ Acme"),
        ("=?utf-8?q?N=C3=B3ra_=3Cpriv=3E?= <nora@x.example>", "N\u00f3ra <priv>"),
        ("=?utf-8?q?Bcc=3A_x=40y?= <nora@x.example>", ""),
        ("M\u00fcller, =?utf-8?q?N=C3=B3ra?= <nora@x.example>", "M\u00fcller, N\u00f3ra"),
        ("=?utf-8?q?Nora??= <nora@x.example>", "Nora?"),
        ("Nora", "Nora"),
    ],
)
def test_who_writes_is_called_as_their_mail_calls_them_and_by_no_address(header, name):
    assert read_mail(f"From: {header}\nSubject: Hi\n\nHello.\n".encode()).sender_name == name


@pytest.mark.parametrize(
    "header",
    [
        "=?utf-8?q?Bj=C3=B6rn_=40_Acme?= <nora@x.example>",
        "=?utf-8?b?bm9yYUB4LmV4YW1wbGU=?= <nora@x.example>",
        "=?utf-8?b?c29tZWJvZHlAZWxzZS5leGFtcGxl?= <Nora@X.example>",
        "=?utf-8?q?Bj=C3=B6rn_=3Cpriv=3E?= <nora@x.example>",
        "=?utf-8?q?Bcc=3A_x=40y?= <nora@x.example>",
        "=?utf-8?q?one@else.example,_Bj=C3=B6rn?= <nora@x.example>",
        "Bob @ Acme <nora@x.example>",
        "Bob @ Acme, Inc. <nora@x.example>",
        "Weller, Nora <nora@x.example>",
        '"one@else.example" <nora@x.example>',
        "'one@else.example' <nora@x.example>",
        "Bj\u00f6rn <priv> <nora@x.example>",
        'Nora "<nora@x.example>',
        "(one@else.example) nora@x.example (Nora)",
        "nora@x.example, Bob <bob@x.example>",
        "Nora <>, Nora <nora@x.example>, Bob <bob@x.example>",
        "Friends: nora@x.example, bob@x.example;",
        "=?utf-8?q?Nora_=3Cnora=40x=2Eexample=3E?=",
        "Nora\r\n Weller\r\n <nora@x.example>",
        "<mailto:nora@x.example>",
    ],
)
def test_the_address_stands_in_its_brackets_whatever_the_name_says(header):
    assert read_mail(f"From: {header}\r\nSubject: Hi\r\n\r\nHello.\r\n".encode()).sender == "nora@x.example"


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("o'brien@x.example", "o'brien@x.example"),
        ("'o'brien@x.example'", "o'brien@x.example"),
        ("O'Brien <o'brien@x.example>", "o'brien@x.example"),
        ("rep: o'brien@x.example, bob@x.example", "o'brien@x.example"),
        ('<"nora weller"@x.example>', '"nora weller"@x.example'),
        ('"nora weller"@x.example', '"nora weller"@x.example'),
        ("nora(a)@x.example", "nora@x.example"),
    ],
)
def test_an_address_is_nobody_elses_for_what_stands_in_it(header, address):
    assert read_mail(f"From: {header}\r\nSubject: Hi\r\n\r\nHello.\r\n".encode()).sender == address


@pytest.mark.parametrize("header", ["", "Nora", "Nora <>", "undisclosed:;", "@", "<@>", '"', ",;,<"])
def test_who_gives_no_address_has_none(header):
    assert read_mail(f"From: {header}\nSubject: Hi\n\nHello.\n".encode()).sender == ""
