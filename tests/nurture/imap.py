"""A real IMAP server in memory, for as long as a test needs it."""

import contextlib
import imaplib
import socket
import subprocess
import sys
import time
from email import message_from_bytes

USER, PASSWORD = "midfield", "not a secret"


@contextlib.contextmanager
def imap_server():
    """Give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-c",
        "from pymap.main import main; main()",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-tls",
    ]
    login = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    server = subprocess.Popen([*command, *login], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"no IMAP server: {server.stderr.read().decode()[-500:]}")
            time.sleep(0.1)
        yield port
    finally:
        server.kill()
        server.wait()
        server.stderr.close()


def read_from(settings, port):
    """The mailbox of this server is where mail comes back."""
    settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_SSL = "127.0.0.1", port, False
    settings.IMAP_USER, settings.IMAP_PASSWORD = USER, PASSWORD


def _answers(port):
    try:
        with imaplib.IMAP4("127.0.0.1", port, timeout=5):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def signed_in(port):
    with imaplib.IMAP4("127.0.0.1", port, timeout=10) as client:
        client.login(USER, PASSWORD)
        yield client


def put(port, *mails, folder="INBOX"):
    with signed_in(port) as client:
        for mail in mails:
            assert client.append(folder, None, None, mail)[0] == "OK"


def lying_in(port, folder="INBOX"):
    """The subjects of what lies there, and whether each is flagged."""
    with signed_in(port) as client:
        if client.select(folder, readonly=True)[0] != "OK":
            return []
        found = client.uid("SEARCH", "UNDELETED")[1][0].split()
        lines = []
        for number in found:
            answer = client.uid("FETCH", number.decode(), "(FLAGS BODY.PEEK[HEADER])")[1]
            (said, head), *rest = answer
            flags = said + b"".join(part for part in rest if isinstance(part, bytes))
            lines.append((message_from_bytes(head)["Subject"], b"\\Flagged" in flags))
        return lines
