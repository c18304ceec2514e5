"""The web process. A page may use the database for 5 seconds; workers and commands may use it for longer."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "5")
# Threads share a pool here. A worker forks, and a pool does not survive that; it keeps one connection instead.
os.environ.setdefault("DATABASE_POOL_SIZE", "10")

application = get_wsgi_application()

# A page makes thousands of objects and lets go of them at once. What the process keeps is set aside for good, and the
# rest is looked through a few times a second instead of a dozen times a page.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
