"""A signed-in browser without a screen: one kept connection, its cookies, the time of every answer."""

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

# Any 32 letters will do: the cookie and the header must agree.
CSRF = "benchbenchbenchbenchbenchbenchbe"
# gunicorn closes a connection that is idle for 2 seconds, and a POST must not be sent into one that is closing.
IDLE_SECONDS = 1.0
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes
    seconds: float

    @property
    def text(self):
        return self.body.decode()

    @property
    def queries(self):
        return int(self.headers.get("x-bench-queries", -1))


class Client:
    def __init__(self, address, session=""):
        self.host = urlsplit(address).netloc
        self.address = address
        self.cookies = f"csrftoken={CSRF}" + (f"; sessionid={session}" if session else "")
        self.connection = None
        self.used_at = 0.0

    def get(self, path, **headers):
        return self.send("GET", path, None, headers)

    def post(self, path, data=(), *, headers=None):
        body = urlencode(data, doseq=True)
        form = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": CSRF}
        return self.send("POST", path, body.encode(), {**form, **(headers or {})})

    def send(self, method, path, body, headers):
        if self.connection is None or time.monotonic() - self.used_at > IDLE_SECONDS:
            self.close()
            self.connection = http.client.HTTPConnection(self.host, timeout=60)
            self.connection.connect()
        begun = time.perf_counter()
        self.connection.request(method, path, body, {"Cookie": self.cookies, **headers})
        response = self.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - begun
        self.used_at = time.monotonic()
        named = {name.lower(): value for name, value in response.getheaders()}
        if response.will_close:
            self.close()
        return Answer(response.status, named, content, seconds)

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None
