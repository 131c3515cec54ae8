"""Django's settings, all derived from the environment (core/env.py). No other module reads the environment."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from eduvideo.core.env import Environment
from eduvideo.core.s3_place import origin_of, place_of

try:
    EDUVIDEO = Environment()
except ValidationError as error:
    details = "; ".join(f"EDUVIDEO_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
    raise ImproperlyConfigured(f"The environment is not right: {details}") from error


def _secret_key() -> str:
    """Return the configured key, or one made once and kept in the data folder, readable by its owner only."""
    if EDUVIDEO.secret_key:
        return EDUVIDEO.secret_key.get_secret_value()
    file = EDUVIDEO.data_dir / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(get_random_secret_key(), encoding="ascii")
    return file.read_text(encoding="ascii")


SITE_DIR = Path(__file__).resolve().parent.parent / "site"

SECRET_KEY = _secret_key()
DEBUG = EDUVIDEO.debug
BASE_HOST = urlsplit(EDUVIDEO.base_url).hostname or "localhost"
ALLOWED_HOSTS = [BASE_HOST, *EDUVIDEO.allowed_hosts]
if BASE_HOST in {"127.0.0.1", "localhost"}:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [EDUVIDEO.base_url]

INSTALLED_APPS = [
    "eduvideo.core.apps.CoreConfig",
    "eduvideo.accounts.apps.AccountsConfig",
    "eduvideo.moderation.apps.ModerationConfig",
    "eduvideo.uploads.apps.UploadsConfig",
    "eduvideo.media.apps.MediaConfig",
    "eduvideo.catalog.apps.CatalogConfig",
    "eduvideo.study.apps.StudyConfig",
    "eduvideo.community.apps.CommunityConfig",
    "eduvideo.danmaku.apps.DanmakuConfig",
    "eduvideo.discovery.apps.DiscoveryConfig",
    "eduvideo.embedding.apps.EmbeddingConfig",
    "eduvideo.site.apps.SiteConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "eduvideo.site.middleware.KeptByNobodyElse",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "eduvideo.site.middleware.LanguageOfAddress",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "eduvideo.site.middleware.SentForms",
    "eduvideo.site.middleware.ProblemPages",
    "eduvideo.config.api.MethodProblems",
]

ROOT_URLCONF = "eduvideo.config.urls"
ASGI_APPLICATION = "eduvideo.config.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("eduvideo.site.folding.Loader", ["django.template.loaders.app_directories.Loader"])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "eduvideo.site.context.frame",
            ],
        },
    },
]

# -- Data ------------------------------------------------------------------------------------------------------------

# One thread, one connection; the web process, which has many, changes this (config/asgi.py).
DATABASES = {"default": dj_database_url.parse(EDUVIDEO.database, conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A write transaction takes the lock at its start, so that it never fails half way for another writer.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": EDUVIDEO.broker_url,
        "KEY_PREFIX": "eduvideo",
    },
}
SESSION_ENGINE = "eduvideo.accounts.sessions"

# -- Celery (the platform's own worker; transcoding has its own app) -------------------------------------------------

CELERY_BROKER_URL = EDUVIDEO.broker_url
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Measured: with these a message of a killed worker comes back within seconds, not after minutes.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 3,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True  # the broker will send them again
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # the log below is theirs too
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep-transcode-jobs": {
        "task": "eduvideo.media.tasks.sweep_jobs",
        "schedule": 5.0,
        # Behind the news that is waiting, so that a busy worker of ours is not taken for a lost one of transcoding.
        "options": {"queue": "media-events", "expires": 10},
    },
    "collect-stale-media": {"task": "eduvideo.media.tasks.collect_stale_media", "schedule": 3600.0},
    "collect-sources": {"task": "eduvideo.uploads.tasks.collect_sources", "schedule": 3600.0},
    "collect-stray-figures": {"task": "eduvideo.study.tasks.collect_stray_figures", "schedule": 86400.0},
    "delete-published-sources": {"task": "eduvideo.catalog.tasks.delete_published_sources", "schedule": 3600.0},
    "expire-uploads": {"task": "eduvideo.uploads.tasks.expire_uploads", "schedule": 60.0},
    "publish-due": {
        "task": "eduvideo.catalog.tasks.publish_due",
        "schedule": 20.0,
        "options": {"expires": 20},  # what waits behind other tasks is not done several times over
    },
    "mend-index": {"task": "eduvideo.discovery.tasks.mend_index", "schedule": 3600.0},
    "fold-watching": {"task": "eduvideo.community.tasks.fold_watching", "schedule": 3600.0},
    "move-watching": {"task": "eduvideo.community.tasks.move_watching", "schedule": 60.0, "options": {"expires": 60}},
    "rank-popular": {"task": "eduvideo.community.tasks.rank_popular", "schedule": 300.0},
    "recount-likes": {"task": "eduvideo.community.tasks.recount_likes", "schedule": 3600.0},
    "remove-old-events": {"task": "eduvideo.core.tasks.remove_old_events", "schedule": 86400.0},
    "remove-old-sessions": {"task": "eduvideo.accounts.tasks.remove_old_sessions", "schedule": 3600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(EDUVIDEO.data_dir / "beat-schedule")

# -- People ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"  # a school's own machine often has no mail; the address is verified when it has
ACCOUNT_EMAIL_SUBJECT_PREFIX = "EduVideo: "
ACCOUNT_ADAPTER = "eduvideo.accounts.adapter.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = EDUVIDEO.is_https
CSRF_COOKIE_SAMESITE = "Lax"


def _email_settings(url: str) -> dict[str, object]:
    """Return Django's mail settings for EDUVIDEO_EMAIL_URL."""
    if url == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if url == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(EDUVIDEO.data_dir / "mail"),
        }
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("EDUVIDEO_EMAIL_URL must be console, file or smtp[s]://user:password@host:port")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": parts.username or "",
        "EMAIL_HOST_PASSWORD": parts.password or "",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_TIMEOUT": 15,
    }


globals().update(_email_settings(EDUVIDEO.email_url))
DEFAULT_FROM_EMAIL = EDUVIDEO.email_from

# -- Languages -------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [SITE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True

# -- Static files and security ---------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = EDUVIDEO.data_dir / "static"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_HSTS_SECONDS = EDUVIDEO.hsts_seconds if EDUVIDEO.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_SSL_REDIRECT = False  # the proxy in front redirects (docs/deployment.md); health is asked without TLS behind it
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # the line above


def _media_origins() -> list[str]:
    """Return where browsers fetch media and send uploads besides here: a CDN, the object store."""
    origins = []
    if EDUVIDEO.media_url:
        origins.append(origin_of(EDUVIDEO.media_url))
    if EDUVIDEO.has_direct_objects:
        try:
            origins.append(place_of(EDUVIDEO).public_origin)
        except ValueError as error:
            raise ImproperlyConfigured(str(error)) from error
    return origins


_MEDIA_ORIGINS = _media_origins()
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_MEDIA_ORIGINS],
        "media-src": [SELF, "blob:", *_MEDIA_ORIGINS],
        "connect-src": [SELF, *_MEDIA_ORIGINS],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024  # captions and study guides; media never come this way

# -- Log -------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"outages": {"()": "eduvideo.core.outages.OutageFilter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": "line",
            "filters": ["outages"],
        },
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "celery": {"level": "WARNING"},
        # Our own errors say what these would, once.
        "elastic_transport": {"level": "ERROR"},
        "psycopg.pool": {"level": "ERROR"},
    },
}
