"""My queue in a browser that has nothing: how many requests, and how many bytes come over the wire."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench import dataset
from tests.bench.measured import measured_site
from tests.bench.report import at_most

BYTES_MAX, REQUESTS_MAX = 60 * 1024, 8
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def measure_first_load(plan):
    with measured_site(plan, leads=10_000) as site, sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = own if own.exists() else shutil.which("chromium") or shutil.which("chromium-browser")
        if not found:
            raise AssertionError("no Chromium: `.venv/bin/playwright install chromium`, or `apt-get install chromium`")
        browser = playwright.chromium.launch(executable_path=str(found), args=FLAGS)
        context = browser.new_context()
        context.add_cookies([
            {"name": "sessionid", "value": site.sessions[dataset.FULL_REP], "url": site.address},
        ])  # fmt: skip
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        asked, ended = {}, {}
        wire.on("Network.requestWillBeSent", lambda seen: asked.update({seen["requestId"]: seen["request"]["url"]}))
        wire.on("Network.loadingFinished", lambda seen: ended.update({seen["requestId"]: seen["encodedDataLength"]}))
        page.goto(f"{site.address}/", wait_until="networkidle")
        browser.close()
    sizes = {url: ended.get(number, 0) for number, url in asked.items() if url.startswith("http")}
    largest = ", ".join(
        f"{url.rsplit('/', 1)[-1].split('.')[0] or 'page'} {size / 1024:.1f}"
        for url, size in sorted(sizes.items(), key=lambda pair: -pair[1])
    )
    yield at_most("My queue, first load: KB", sum(sizes.values()) / 1024, BYTES_MAX / 1024, more=largest)
    yield at_most("My queue, first load: requests", len(sizes), REQUESTS_MAX)
