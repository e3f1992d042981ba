"""Every environment variable of the specification, typed and checked."""

from decimal import Decimal

import pytest

from musicapp_pipeline.settings import RETIRED_BASE_URL, BadSetting, Settings

SPECIFIED = [
    "SORA_API_KEY", "SORA_API_BASE_URL", "USE_SORA_MOCK", "DATABASE_URL", "REDIS_URL",
    "AWS_S3_BUCKET", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
    "REDIS_QUEUE_NAME", "MAX_JOB_RETRIES", "JOB_TIMEOUT_MS", "SORA_PRICING_PER_SECOND_BASE",
    "SORA_PRICING_PER_SECOND_PRO", "BACKEND_API_BASE", "LOG_LEVEL",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    for name in [name.upper() for name in Settings.model_fields]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_every_specified_variable_is_a_setting():
    assert {name.lower() for name in SPECIFIED} <= set(Settings.model_fields)


def test_defaults_are_safe():
    settings = Settings.load()
    assert settings.use_sora_mock
    assert settings.sora_pricing_per_second_base == Decimal("0.06")
    assert settings.sora_pricing_per_second_pro == Decimal("0.12")
    assert settings.sqlalchemy_url.startswith("sqlite:///")


def test_an_env_file_is_read(tmp_path):
    (tmp_path / ".env").write_text('USE_SORA_MOCK=false\nSORA_API_KEY=""\nMAX_JOB_RETRIES=7\n')
    settings = Settings.load()
    assert (settings.use_sora_mock, settings.sora_api_key, settings.max_job_retries) == (
        False,
        None,
        7,
    )


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgres_urls_name_the_driver_that_is_shipped(monkeypatch, scheme):
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://u:p@host/db")
    assert Settings.load().sqlalchemy_url == "postgresql+psycopg2://u:p@host/db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_JOB_RETRIES", "-1"),
        ("MAX_JOB_RETRIES", "many"),
        ("JOB_TIMEOUT_MS", "10"),
        ("SORA_PRICING_PER_SECOND_BASE", "-0.06"),
        ("USE_SORA_MOCK", "perhaps"),
        ("LOG_LEVEL", "loud"),
        ("SORA_MAX_IN_FLIGHT", "0"),
        ("SORA_API_BASE_URL", "127.0.0.1:30010/v1"),
        ("SORA_API_BASE_URL", "localhost:30010/v1"),
        ("SORA_API_BASE_URL", "https://"),
        ("SORA_API_BASE_URL", "http://host:port/v1"),
        ("SORA_API_BASE_URL", "http://a b/v1"),
        ("MUSICAPP_DIRECTOR_URL", "not a url"),
        ("MUSICAPP_DIRECTOR_URL", "ftp://x"),
        ("MUSICAPP_DIRECTOR_URL", "localhost:1234"),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "mysql://host/db"),
        ("DATABASE_URL", "postgresql+asyncpg://host/db"),
        ("DATABASE_URL", "postgresql://host:port/db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("REDIS_URL", "nonsense"),
        ("REDIS_URL", "amqp://host"),
        ("REDIS_QUEUE_NAME", "a/b"),
        ("REDIS_QUEUE_NAME", "one,two"),
        ("AWS_ENDPOINT_URL_S3", "nonsense"),
        ("AWS_S3_BUCKET", "Bad Bucket!"),
        ("BACKEND_API_BASE", "nonsense"),
        ("MUSICAPP_CORS_ORIGINS", "nonsense"),
        ("MUSICAPP_CORS_ORIGINS", "https://studio.example.org/app"),
        ("MUSICAPP_HOME", "~nobody-of-this-name/here"),
        ("SORA_LIST_LAG_SECONDS", "inf"),
    ],
)
def test_a_bad_setting_names_variable_and_value(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as caught:
        Settings.load()
    assert name in caught.value.message
    assert value in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:////srv/a folder/music.db"),
        ("DATABASE_URL", "postgresql+psycopg2://u:p#/w@[::1]:5432/db?sslmode=require"),
        ("DATABASE_URL", "postgresql+psycopg2:///db?host=/run/postgresql"),
        ("REDIS_URL", "rediss://:secret@host:6379/0"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000"),
        ("AWS_S3_BUCKET", "my.Bucket_1"),
        ("MUSICAPP_CORS_ORIGINS", "https://studio.example.org,http://127.0.0.1:5173/"),
        ("MUSICAPP_CORS_ORIGINS", "*"),
    ],
)
def test_what_can_be_used_is_taken(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    found = getattr(Settings.load(), name.lower())
    told = found if isinstance(found, str) else ",".join(found)
    assert told == value.removesuffix("/")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("DATABASE_URL", "mysql://me:sec@ret/x@host/db", "mysql://me:***@host/db"),
        ("DATABASE_URL", "me:secret@host/db", "me:***@host/db"),
        ("DATABASE_URL", "postgresql://me:p@secret@host/db", "postgresql://me:***@host/db"),
        ("DATABASE_URL", "mysql://host/db?password=secret&a=b", "password=***&a=b"),
        ("REDIS_URL", "amqp://:secret@host", "amqp://:***@host"),
    ],
)
def test_a_password_is_not_shown(monkeypatch, name, value, shown):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as caught:
        Settings.load()
    told = f"{caught.value.message} {caught.value.value} {caught.value.__cause__}"
    assert shown in caught.value.message
    assert "sec" not in told


@pytest.mark.parametrize("name", SPECIFIED)
def test_an_empty_value_is_an_unset_one(monkeypatch, name):
    monkeypatch.setenv(name, "")
    settings = Settings.load()
    assert getattr(settings, name.lower()) == Settings.model_fields[name.lower()].default
    assert name.lower() not in settings.model_fields_set


def test_a_token_that_cannot_be_sent_is_refused_without_being_shown(monkeypatch):
    monkeypatch.setenv("MUSICAPP_API_TOKENS", "good,s\u00fc\u00df")
    with pytest.raises(BadSetting, match="MUSICAPP_API_TOKENS") as caught:
        Settings.load()
    assert "s\u00fc" not in f"{caught.value.message} {caught.value.value}"


def test_tokens_are_a_list_and_never_shown(monkeypatch):
    monkeypatch.setenv("MUSICAPP_API_TOKENS", "first-secret, second-secret")
    settings = Settings.load()
    assert [t.get_secret_value() for t in settings.musicapp_api_tokens] == [
        "first-secret",
        "second-secret",
    ]
    assert "secret" not in repr(settings.musicapp_api_tokens)


def test_an_empty_address_is_the_default(monkeypatch):
    monkeypatch.setenv("SORA_API_BASE_URL", " ")
    assert Settings.load().sora_api_base_url == RETIRED_BASE_URL


def test_white_space_around_a_key_is_left_out(monkeypatch):
    monkeypatch.setenv("SORA_API_KEY", " sk-secret\n")
    key = Settings.load().sora_api_key
    assert key is not None and key.get_secret_value() == "sk-secret"


@pytest.mark.parametrize("key", ["sk-secret\nX-Other: 1", "sk-…", "sk secret", "sk-gehe\u00efm"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(monkeypatch, key):
    monkeypatch.setenv("SORA_API_KEY", key)
    with pytest.raises(BadSetting, match=r"SORA_API_KEY: .*character") as caught:
        Settings.load()
    told = f"{caught.value.message} {caught.value.value} {caught.value.__cause__}"
    assert "sk" not in told and "ecret" not in told


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64", "whsec_c2hvcnQ=", "x"])
def test_a_webhook_secret_that_anybody_could_sign_with_is_refused(monkeypatch, secret):
    monkeypatch.setenv("SORA_WEBHOOK_SECRET", secret)
    with pytest.raises(BadSetting, match="SORA_WEBHOOK_SECRET"):
        Settings.load()


def test_a_blank_webhook_secret_is_none(monkeypatch):
    monkeypatch.setenv("SORA_WEBHOOK_SECRET", "  ")
    assert Settings.load().sora_webhook_secret is None
