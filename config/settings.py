"""Settings, read from the environment with defaults that are safe on one machine.

COUNTERSIGN_ENV     development (default) or production; production refuses to start with an unsafe setting
SECRET_KEY          required in production; otherwise made once under VAR_DIR
SECRET_KEY_FALLBACKS  former secret keys, comma-separated, that still unlock what they locked
DATABASE_URL        SQLite under VAR_DIR unless set; PostgreSQL in service
BROKER_URL          any Redis, Valkey or RabbitMQ
ALLOWED_HOSTS       comma-separated; loopback unless set
VAR_DIR             where all data of this installation lies
METRICS_TOKEN       the bearer token for /metrics/, which isn't there without it
SITE_URL            where people reach it; links in mails begin with it
OIDC_ISSUER         a provider of OpenID Connect that people sign in through; with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET (or _FILE)
OIDC_NAME           what its button is called
OIDC_VERIFIED_DOMAINS  domains, comma-separated, whose addresses are the person's own although the provider doesn't say so
EMAIL_URL           the mail server, smtp+tls://user:password@host:587 (or EMAIL_URL_FILE); without it mails are files under VAR_DIR/mail
MAIL_FROM           whom mails are from, such as Countersign <countersign@bank.example>
"""

import os
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from config.kept import kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var")).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

PRODUCTION = os.environ.get("COUNTERSIGN_ENV", "development") == "production"
# A person never sees a stack trace, in development neither: the log has it.
DEBUG = False


def _secret_key() -> str:
    if key := os.environ.get("SECRET_KEY"):
        return key
    if PRODUCTION:
        raise ImproperlyConfigured("SECRET_KEY is not set: give production a random value of 50 characters or more")
    return kept_secret(VAR_DIR / "secret-key", 50)


def _secret(name: str) -> str:
    """A secret of the environment, or of the file that the variable with _FILE at its end names."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "")
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE can't be read: {error}") from None


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
ALLOWED_HOSTS = [h for h in os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "config.apps.CountersignConfig",
    "reports",
    "assessments",
    "compliance",
    "accounts",
    "audit",
    "jobs",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "template_partials",
    "django_structlog",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "audit.middleware.LogMiddleware",
    "audit.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.times.TimesMiddleware",
    "accounts.own_password.OwnPasswordMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.methods.MethodsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["accounts.templatetags.written"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.organisation",
                "reports.context.trail_alarm",
            ],
        },
    }
]

DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # SQLite has no row locks: a writer takes the database's one write lock when its transaction begins.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["ENGINE"] = "config.postgresql"  # which asks a kept connection for less
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sessions.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedSignupAdapter"
ACCOUNT_SESSION_REMEMBER = False
# Second factors. A code is good half a minute longer on both sides, for clocks that differ. Off loopback a passkey asks for TLS.
MFA_ADAPTER = "accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Countersign"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "accounts.factors.SignInCode",
    "reauthenticate": "accounts.factors.ConfirmingCode",
    "activate_totp": "accounts.factors.FirstCode",
    "authenticate_webauthn": "accounts.factors.SignInPasskey",
    "reauthenticate_webauthn": "accounts.factors.ConfirmingPasskey",
}
# An organisation's own provider, which people are then sent to; it lets in whom an administrator has added, and nobody else.
SOCIALACCOUNT_ADAPTER = "accounts.providers.ProviderAdapter"
# By a link and not by a form: the content policy's form-action, ourselves alone, stops a form that is answered by going elsewhere.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = {}
if os.environ.get("OIDC_ISSUER"):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": os.environ.get("OIDC_NAME", "your organisation's account"),
                "client_id": os.environ.get("OIDC_CLIENT_ID", ""),
                "secret": _secret("OIDC_CLIENT_SECRET"),
                "settings": {
                    "server_url": os.environ["OIDC_ISSUER"].rstrip("/"),
                    "verified_email": [one.strip() for one in os.environ.get("OIDC_VERIFIED_DOMAINS", "").split(",") if one.strip()],
                },
            }
        ],
    }

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "countersign_session"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = os.environ.get("SECURE_SSL_REDIRECT", "1") == "1"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]  # docs/translating.md
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "config.folder.FilesFolder", "OPTIONS": {"location": MEDIA_ROOT}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "checkpoints": {"BACKEND": "audit.places.WriteOnceFolder", "OPTIONS": {"location": VAR_DIR / "checkpoints"}},
}
# The trail's checkpoints: what their keys are called, who timestamps them, and where else than in the database they are kept.
CHECKPOINT_ORIGIN = os.environ.get("CHECKPOINT_ORIGIN", "countersign.local")
CHECKPOINT_KEY_FILE = os.environ.get("CHECKPOINT_KEY_FILE", "")
CHECKPOINTS_RETAIN_YEARS = int(os.environ.get("CHECKPOINTS_RETAIN_YEARS", "10"))
TIMESTAMP_URL = os.environ.get("TIMESTAMP_URL", "")
TIMESTAMP_ROOTS = os.environ.get("TIMESTAMP_ROOTS", "")
if os.environ.get("CHECKPOINTS_S3_BUCKET"):
    STORAGES["checkpoints"] = {
        "BACKEND": "audit.bucket.LockedBucket",
        "OPTIONS": {
            "bucket_name": os.environ["CHECKPOINTS_S3_BUCKET"],
            "endpoint_url": os.environ.get("CHECKPOINTS_S3_ENDPOINT") or None,
        },
    }
# Evidence and reports.
if os.environ.get("FILES_S3_BUCKET"):
    STORAGES["default"] = {
        "BACKEND": "config.bucket.FilesBucket",
        "OPTIONS": {
            "bucket_name": os.environ["FILES_S3_BUCKET"],
            "endpoint_url": os.environ.get("FILES_S3_ENDPOINT") or None,
        },
    }
FILE_UPLOAD_PERMISSIONS = 0o600
EVIDENCE_MAX_BYTES = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

CELERY_BROKER_URL = os.environ.get("BROKER_URL", "redis://127.0.0.1:6399/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # Unacknowledged tasks are looked for every interval x throttle; kombu's defaults make that 100 s.
    {"visibility_timeout": 900, "unacked_restore_interval": 5, "unacked_restore_throttle": 1}
    if CELERY_BROKER_URL.startswith(("redis", "valkey"))
    else {}
)
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
QUEUES = ("celery", "mail", "reports")
CELERY_BEAT_SCHEDULE = {
    **{
        f"sign-of-{name}": {"task": "jobs.sign_of_life", "schedule": 60.0, "args": (name,), "options": {"queue": name, "expires": 60}}
        for name in QUEUES
    },
    "relay-outbox": {"task": "jobs.relay", "schedule": 5.0, "options": {"expires": 5}},
    # A run that waited so long for a worker that the next one is due is dropped.
    "watch-trail": {"task": "reports.watch_trail", "schedule": crontab(hour="2", minute="30"), "options": {"expires": 12 * 3600}},
    "clear-sessions": {"task": "accounts.clear_sessions", "schedule": crontab(hour="3", minute="10"), "options": {"expires": 12 * 3600}},
    "what-is-due": {"task": "assessments.daily", "schedule": crontab(minute="20"), "options": {"expires": 3000}},
    "refresh-standings": {"task": "assessments.refresh_standings", "schedule": 15.0, "options": {"expires": 15}},
    "publish-checkpoints": {"task": "reports.publish_checkpoints", "schedule": crontab(minute="5"), "options": {"expires": 3000}},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

CELERY_TASK_QUEUES = [Queue(name) for name in QUEUES]  # a worker that isn't told otherwise listens to all of them
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_ROUTES = {
    "accounts.send_mail": {"queue": "mail"},
    "reports.make_sign_off": {"queue": "reports"},
    "reports.make_report": {"queue": "reports"},
}

# Where the service is reached: links in mails begin with it.
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", "Countersign <countersign@localhost>")
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 20
EMAIL_BACKEND = "accounts.mailing.FolderBackend"
if _mail_url := _secret("EMAIL_URL"):
    try:
        _mail = urlsplit(_mail_url)
        EMAIL_PORT = {"smtp": 25, "smtp+tls": 587, "smtps": 465}[_mail.scheme]
        EMAIL_HOST, EMAIL_PORT = _mail.hostname, _mail.port or EMAIL_PORT
    except (ValueError, KeyError):
        EMAIL_HOST = None
    if not EMAIL_HOST:
        raise ImproperlyConfigured(
            "EMAIL_URL must be smtp://, smtp+tls:// (STARTTLS) or smtps:// with user:password@host:port; "
            "write / : @ # ? and % in a password as %2F %3A %40 %23 %3F and %25"
        )
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+tls"

# The organisations' seals: a PKCS#12 file instead of a key that the service makes; {organisation} stands for its name in addresses.
SEAL_PKCS12 = os.environ.get("SEAL_PKCS12", "")
SEAL_PKCS12_PASSPHRASE = _secret("SEAL_PKCS12_PASSPHRASE")
# Of reports (PAdES): who timestamps them, whom that leads to (a PEM file), what they hold, and which hosts tell of revoked certificates.
SEAL_TIMESTAMP_URL = os.environ.get("SEAL_TIMESTAMP_URL", "")
SEAL_TIMESTAMP_ROOTS = os.environ.get("SEAL_TIMESTAMP_ROOTS", "")
SEAL_LEVEL = os.environ.get("SEAL_LEVEL") or ("B-T" if SEAL_TIMESTAMP_URL else "B-B")
SEAL_REVOCATION_HOSTS = [host.strip().lower() for host in os.environ.get("SEAL_REVOCATION_HOSTS", "").split(",") if host.strip()]

# What a bearer token must be to read /metrics/; without it there is no such page.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "config.problems.problem_details",
}
SPECTACULAR_SETTINGS = {
    "ENUM_NAME_OVERRIDES": {
        "AnswerState": "assessments.models.State",
        "AssessmentStatus": "assessments.models.Status",
        "ObligationStatus": [("met", "met"), ("gap", "gap"), ("unknown", "unknown")],
        "ReportKind": "reports.models.Kind",
        "ReportOnRequest": "reports.models.ON_REQUEST",
        "Severity": "assessments.models.Severity",
        "Sourcing": "assessments.models.Sourcing",
    },
    "TITLE": "Countersign API",
    "DESCRIPTION": "Assess how to source the AI model behind a use case, sign the decision, follow its report.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processor": "ext://config.logs.renderer",
            "foreign_pre_chain": "ext://config.logs.pre_chain",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # They tell of being loaded, of each page and of each table of a font; what goes wrong they say as a warning or an error.
    "loggers": {name: {"level": "WARNING"} for name in ("pikepdf", "weasyprint.progress", "fontTools")},
}
