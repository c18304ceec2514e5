"""The web process. A page may use the database for 5 seconds; workers and commands may use it for longer."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "5")
# Threads share a pool here. A worker forks, and a pool does not survive that; it keeps one connection instead.
os.environ.setdefault("DATABASE_POOL_SIZE", "10")

application = get_wsgi_application()
