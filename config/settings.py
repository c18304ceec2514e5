"""One settings file for every environment; the environment supplies the differences.

Names read from the environment are listed in .env.example. Anything without a
safe default is required, and a missing value stops the process at start-up.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config.log_lines import hide_secret_addresses
from config.proxies import networks_of

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# Core
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)
DEBUG = env.bool("DEBUG", default=False)


def _secret(name: str) -> str:
    """The environment's, or the one that `./run` made for this installation; else its name is asked for."""
    made = VAR_DIR / "secrets" / name.lower()
    return env.str(name, default=made.read_text().strip() if made.is_file() else environ.Env.NOTSET)


SECRET_KEY = _secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
IS_HTTPS = SITE_URL.startswith("https://")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# On somebody's own machine: plain http that nobody else can reach.
IS_LOCAL = not IS_HTTPS and SITE_HOST in LOOPBACK
# The loopback names let a probe on the same machine ask for /healthz.
ALLOWED_HOSTS = sorted({SITE_HOST, *LOOPBACK, *env.list("ALLOWED_HOSTS", default=[])})
# Whose X-Forwarded-For is believed; nobody's as shipped.
TRUSTED_PROXIES = networks_of(env.list("TRUSTED_PROXIES", default=[]))
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
# Looking up a translation that cannot differ costs a tenth of a page; a second language turns it on.
USE_I18N = len(LANGUAGES) > 1
LOCALE_PATHS = [BASE_DIR / "locale"]

# Apps
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Its index classes; on SQLite they emit nothing.
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "phonenumber_field",
    "team",
    "agreement",
    "accounts",
    "content",
    "leads",
    "nurture",
    "reports",
    "config",
]

# Middleware
MIDDLEWARE = [
    "config.proxies.from_proxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.sessions.SessionAgeMiddleware",
    "team.middleware.own_clock",
    "team.middleware.htmx_redirect",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.proxies.LogLines",
    "team.middleware.note_refusals",
]

# Templates
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "team.fixed_words.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "leads.rail.rail",
            ],
        },
    },
]

# Database
STATEMENT_TIMEOUT_SECONDS = env.int("STATEMENT_TIMEOUT_SECONDS", default=60)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
DATABASE: dict[str, Any] = dict(env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'midfield.sqlite3'}"))
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
        **DATABASE.get("OPTIONS", {}),
    }
else:
    DATABASE["CONN_HEALTH_CHECKS"] = True
    DATABASE["OPTIONS"] = {
        "connect_timeout": 5,
        # Django's default is that nothing is prepared, whatever a cursor asks for; with a threshold nobody reaches,
        # it is exactly what asks for it (team.prepared).
        "prepare_threshold": 1_000_000_000,
        "options": (
            f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s -c lock_timeout=3s"
            # A page reads few rows: compiling its statements to machine code, planning a prepared one anew for each
            # value, or sharing it among processes costs more than running it.
            " -c idle_in_transaction_session_timeout=30s -c jit=off -c plan_cache_mode=force_generic_plan"
            " -c max_parallel_workers_per_gather=0"
        ),
        **DATABASE.get("OPTIONS", {}),
    }
    if DATABASE_POOL_SIZE:
        DATABASE["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
    else:
        DATABASE["CONN_MAX_AGE"] = 300
DATABASES = {"default": DATABASE}
# Login limits; a table, so that all web processes count together and nothing is lost with the broker.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "config_cache"}}

# Auth
AUTH_USER_MODEL = "team.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.login.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Midfield"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE_SECONDS = 2 * 60 * 60
SESSION_AGE_MAX_SECONDS = 12 * 60 * 60
SESSION_COOKIE_AGE = SESSION_IDLE_SECONDS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# E-mail
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"midfield@{SITE_HOST}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where answers go, which the mailbox is read for; empty: to the sender.
MAIL_REPLY_TO = env.str("MAIL_REPLY_TO", default="")
# Whom the checks of the sender ask: "host" or "host:port"; empty, whom this machine asks; "off", nobody.
DNS_SERVER = env.str("DNS_SERVER", default="")
EMAIL_HOST_NAME = env.str("SMTP_HOST", default="")
if EMAIL_HOST_NAME:
    MAILERS = {
        "default": {
            "BACKEND": "nurture.smtp.OutboxBackend",
            "OPTIONS": {
                "host": EMAIL_HOST_NAME,
                "port": env.int("SMTP_PORT", default=587),
                "username": env.str("SMTP_USER", default=""),
                "password": env.str("SMTP_PASSWORD", default=""),
                "use_tls": env.bool("SMTP_STARTTLS", default=True),
                "timeout": 20,
            },
        },
    }
else:
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
        },
    }
# What comes back is read from this mailbox. What was recorded goes to the other folder; empty: it is marked as read.
IMAP_HOST = env.str("IMAP_HOST", default="")
IMAP_SSL = env.bool("IMAP_SSL", default=True)
IMAP_PORT = env.int("IMAP_PORT", default=993 if IMAP_SSL else 143)
IMAP_USER = env.str("IMAP_USER", default="")
IMAP_PASSWORD = env.str("IMAP_PASSWORD", default="")
IMAP_FOLDER = env.str("IMAP_FOLDER", default="INBOX")
IMAP_DONE_FOLDER = env.str("IMAP_DONE_FOLDER", default="Midfield")
# What a mail provider tells by webhook. Without a secret nobody may tell anything.
MAIL_PROVIDER = env.str("MAIL_PROVIDER", default="")
MAIL_WEBHOOK_SECRET = env.str("MAIL_WEBHOOK_SECRET", default="")
if MAIL_PROVIDER and MAIL_WEBHOOK_SECRET:
    INSTALLED_APPS.append("anymail")
    ANYMAIL = {"WEBHOOK_SECRET": MAIL_WEBHOOK_SECRET, **env.json("MAIL_PROVIDER_KEYS", default={})}

# Static and uploaded files
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "uploads"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        # Names with a hash need `collectstatic`, which `./run` does; with DEBUG the folder itself is served.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# An upload always goes to disk: a list of leads may be larger than the memory of a small machine.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600

# Security
SUPPRESSION_PEPPER = _secret("SUPPRESSION_PEPPER")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SECURE_CSP: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
if IS_HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # The prefix makes browsers refuse the cookie from anywhere but this host over https.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# Celery: a bus of hints. Due rows are the schedule; every tick may be lost, late or doubled.
REDIS_URL = env.str("REDIS_URL", default="")
# Without a broker a page's nudge goes nowhere, and the tick in `./run` finds the row.
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # What a worker has taken stays nowhere but with it: a hint it loses is rung again by the next tick. So it has
    # nothing to say about old hints to a broker that was started again, and no error of saying it ends the worker.
    "ack_emulation": False,
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
    "socket_keepalive": True,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_TIMEZONE = "UTC"
# Every periodic job in the system is listed here, once. `expires` drops the rings that piled up while no
# worker was there: one is as good as a hundred.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep-leads": {"task": "leads.tasks.sweep_leads", "schedule": 15, "options": {"expires": 15}},
    "look-at-signals": {"task": "leads.tasks.look_at_signals", "schedule": 15, "options": {"expires": 15}},
    "notice-clocks": {"task": "leads.tasks.notice_clocks", "schedule": 15, "options": {"expires": 15}},
    "look-at-voices": {"task": "leads.tasks.look_at_voices", "schedule": 60, "options": {"expires": 60}},
    "run-imports": {"task": "leads.tasks.run_imports", "schedule": 15, "options": {"expires": 15}},
    "carry-on-moves": {"task": "leads.tasks.carry_on_moves", "schedule": 15, "options": {"expires": 15}},
    "release-due": {"task": "leads.tasks.release_due", "schedule": 15, "options": {"expires": 15}},
    "release-absent": {"task": "leads.tasks.release_absent", "schedule": 300, "options": {"expires": 300}},
    "follow-settings": {"task": "leads.tasks.follow_settings", "schedule": 300, "options": {"expires": 300}},
    "forget-uploads": {"task": "leads.tasks.forget_uploads", "schedule": 3600, "options": {"expires": 3600}},
    "advance-tracks": {"task": "nurture.tasks.advance_tracks", "schedule": 15, "options": {"expires": 15}},
    "move-people": {"task": "nurture.tasks.move_people", "schedule": 15, "options": {"expires": 15}},
    "follow-tracks": {"task": "nurture.tasks.follow_tracks", "schedule": 60, "options": {"expires": 60}},
    "enrol-recycled": {"task": "nurture.tasks.enrol_recycled", "schedule": 60, "options": {"expires": 60}},
    "enrol-everybody": {"task": "nurture.tasks.enrol_everybody", "schedule": 3600, "options": {"expires": 3600}},
    "look-for-untried": {"task": "nurture.tasks.look_for_untried", "schedule": 3600, "options": {"expires": 3600}},
    "blank-erased": {"task": "nurture.tasks.blank_erased", "schedule": 600, "options": {"expires": 600}},
    "open-pulses": {"task": "nurture.tasks.open_pulses", "schedule": 600, "options": {"expires": 600}},
    "tell-owners": {"task": "nurture.tasks.tell_owners", "schedule": 600, "options": {"expires": 600}},
    "count-assets": {"task": "nurture.tasks.count_assets", "schedule": 3600, "options": {"expires": 3600}},
    "deliver": {"task": "nurture.tasks.deliver", "schedule": 15, "options": {"expires": 15}},
    "follow-rules": {"task": "nurture.tasks.follow_rules", "schedule": 15, "options": {"expires": 15}},
    "judge-hits": {"task": "nurture.tasks.judge_hits", "schedule": 15, "options": {"expires": 15}},
    "read-mailbox": {"task": "nurture.tasks.read_mailbox", "schedule": 60, "options": {"expires": 60}},
    "read-told": {"task": "nurture.tasks.read_told", "schedule": 15, "options": {"expires": 15}},
    "expire-second-looks": {"task": "leads.tasks.expire_second_looks", "schedule": 600, "options": {"expires": 600}},
}
# Beat's clock says until when, and the worker's whether: so far may the two be apart.
SECONDS_CLOCKS_DIFFER = 15 * 60
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"]["expires"] += SECONDS_CLOCKS_DIFFER

# Logging
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    hide_secret_addresses,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *LOG_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": LOG_PROCESSORS,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False) if IS_LOCAL else structlog.processors.JSONRenderer(),
            ],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print the same line again.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
    },
}

# Ours
WEB_THREADS = env.int("WEB_THREADS", default=8)
WEB_PROCESSES = env.int("WEB_PROCESSES", default=1)
WORKER_PROCESSES = env.int("WORKER_PROCESSES", default=2)
# Processes that live and have worked no tick for so long are deaf: `./run` starts worker and beat again.
SECONDS_DEAF = 75
SQLITE_REPS_MAX = 10
SQLITE_LEADS_MAX = 100_000
