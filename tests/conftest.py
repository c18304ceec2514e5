"""What every test may use: a real browser, and below it the cast."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from leads.cadence import attempts_of
from leads.clocks import clauses_of
from leads.scoring import rules_of
from leads.transitions import _narrowed
from team.calendars import forget_kept_calendars
from team.models import Role
from tests.database import IS_OWN
from tests.make import make_team, make_user
from tests.migrated import Migrated

# Examples are drawn anew at one's desk; CI draws the same ones each time, and a slow machine is no failure.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # For each window Chromium draws two pages of its own, for words typed in its address bar: 0.8 s of processor a
    # test. The others are what Playwright turns off; of two such options the last one holds.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch",
]
NO_CHROMIUM = "no Chromium: `.venv/bin/playwright install chromium`, or `apt-get install chromium`"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module that is named for a page is of a page: the short form asks it of one database."""
    for item in items:
        if item.path.stem.endswith(("_page", "_pages")):
            item.add_marker("page")


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """What is laid out is there already; it goes with the folder or the server of the run."""
    return IS_OWN or bool(request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def migrated(django_db_modify_db_settings: None) -> Migrated | None:
    return Migrated() if IS_OWN else None


@pytest.fixture(scope="session")
def _laid_out(migrated: Migrated | None) -> None:
    if migrated:
        migrated.lay_out()


@pytest.fixture(scope="session")
def django_db_setup(_laid_out: None, django_db_setup: None, migrated: Migrated | None, django_db_blocker: Any) -> None:
    if migrated:
        with django_db_blocker.unblock():
            migrated.keep()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, and Django takes it for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = own if own.exists() else shutil.which("chromium") or shutil.which("chromium-browser")
        if not found:
            if os.environ.get("CI") == "true":
                pytest.fail(NO_CHROMIUM)
            pytest.skip(NO_CHROMIUM)
        chromium = playwright.chromium.launch(executable_path=str(found), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Open a page of the running site in a context of its own; `user=` is already signed in.

    The test fails if a page met a script error or asked for something the content security policy forbids.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(*, user: Any = None, **options: Any) -> Page:
        defaults = {"viewport": {"width": 1280, "height": 800}, "locale": "en-US", "timezone_id": "UTC"}
        context = browser.new_context(base_url=live_server.url, **{**defaults, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        if user is not None:
            context.add_cookies([_session_of(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda line: complaints.append(f"{page.url}: {line.text}") if "Security Policy" in line.text else None,
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def _session_of(user: Any, url: str) -> dict[str, Any]:
    client = Client()
    client.force_login(user)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


@pytest.fixture(autouse=True)
def nothing_kept_from_the_test_before():
    """What the product keeps by an id that never changes its meaning; here every test begins with id 1 again."""
    for kept in (_narrowed, clauses_of, rules_of, attempts_of):
        kept.cache_clear()
    forget_kept_calendars()


@pytest.fixture(autouse=True)
def no_name_server(settings):
    """No test asks the world for names; one that asks has a name server of its own."""
    settings.DNS_SERVER = "off"


# The cast: alice and bob are reps, mona is their manager, peter is an AE, eve belongs to another team.
@pytest.fixture
def team(db):
    return make_team("North")


@pytest.fixture
def alice(team):
    return make_user("alice", Role.BDR, team=team)


@pytest.fixture
def bob(team):
    return make_user("bob", Role.BDR, team=team)


@pytest.fixture
def mona(team):
    return make_user("mona", Role.MANAGER, team=team)


@pytest.fixture
def peter(db):
    return make_user("peter", Role.AE)


@pytest.fixture
def eve(team):
    return make_user("eve", Role.BDR, team=make_team("South"))
