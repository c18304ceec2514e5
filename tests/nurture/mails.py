"""Mails as they come back, put together here: one function for each kind."""


def mail(body, *, sender="Jo Prentice <jo@brevik.example>", subject="Re: Our offer", charset="utf-8", **headers):
    fields = {
        "From": sender,
        "To": "anna@midfield.example",
        "Subject": subject,
        "Date": "Fri, 20 Nov 2026 09:00:00 +0100",
        "Message-ID": "<one@brevik.example>",
        "Content-Type": f"text/plain; charset={charset}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "\r\n".join(f"{name}: {value}" for name, value in fields.items() if value)
    return f"{head}\r\n\r\n{body}".encode()


def report(*recipients, original="<ours@midfield.example>", words="I'm sorry to have to inform you ..."):
    """RFC 3464: each recipient as (address, action, status, diagnostic)."""
    blocks = "\r\n".join(
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\n"
        f"Status: {status}\r\nDiagnostic-Code: smtp; {said}\r\n"
        for address, action, status, said in recipients
    )
    body = (
        f"--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{blocks}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {original}\r\nFrom: anna@midfield.example\r\n"
        f"To: jo@brevik.example\r\nSubject: Our offer\r\n\r\nHello\r\n--b--\r\n"
    )
    return mail(
        body,
        sender="MAILER-DAEMON@mx.example",
        subject="Undelivered Mail Returned to Sender",
        Message_ID="<report@mx.example>",
        Content_Type='multipart/report; report-type=delivery-status; boundary="b"',
    )


def complaint(kind="abuse", *, original="<ours@midfield.example>"):
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: Loop/1\r\nVersion: 1\r\n"
        "Original-Rcpt-To: <jo@brevik.example>\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {original}\r\nFrom: anna@midfield.example\r\n"
        "To: jo@brevik.example\r\n\r\nHello\r\n--b--\r\n"
    )
    return mail(
        body,
        sender="feedback@provider.example",
        subject="FW: Our offer",
        Message_ID="<feedback@provider.example>",
        Content_Type='multipart/report; report-type=feedback-report; boundary="b"',
    )
