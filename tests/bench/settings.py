"""The product's settings with the floor programs beside its pages. Only the benchmark's web processes read it."""

from config.settings import *  # noqa: F403 - the same settings, three of them extended
from config.settings import BASE_DIR, MIDDLEWARE, TEMPLATES

ROOT_URLCONF = "tests.bench.urls"
TEMPLATES = [{**TEMPLATES[0], "DIRS": [*TEMPLATES[0]["DIRS"], BASE_DIR / "tests" / "bench" / "templates"]}]
MIDDLEWARE = ["tests.bench.counting.count_queries", *MIDDLEWARE]
