"""Models and prices are data; what has no price cannot be bought."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from musicapp_pipeline.generation.config import load_models, parse_prices
from musicapp_pipeline.generation.errors import (
    BadModelConfig,
    ProviderRetired,
    UnknownModel,
    UnknownPrice,
)
from musicapp_pipeline.generation.registry import (
    capabilities_for,
    catalogue,
    provider_from_settings,
)
from musicapp_pipeline.settings import BadSetting
from musicapp_pipeline_tests.generation.helpers import extra, settings

PRICED = (
    '{"name":"x","provider":"videos_api","durations":[4],"sizes":["1280x720"],"size_prices":{%s}}'
)
REAL = {"use_sora_mock": False, "sora_api_base_url": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize(("model", "usd"), [("sora-2", "0.24"), ("sora-2-pro", "0.48")])
def test_the_specifications_prices_are_the_defaults(model, usd):
    record = capabilities_for(settings(), model, extra())
    assert record.provider == "mock" and record.cost(4, "1280x720") == Decimal(usd)


def test_prices_come_from_the_environment():
    own = settings(**REAL, sora_pricing_per_second_base="0.10")
    assert capabilities_for(own, "sora-2", extra()).cost(12, "720x1280") == Decimal("1.20")


def test_an_override_beats_everything_and_a_size_may_have_its_own_price():
    prices = "videos_api/sora-2-pro=0.30, videos_api/sora-2-pro@1792x1024=0.50"
    record = capabilities_for(settings(**REAL), "sora-2-pro", extra(musicapp_prices=prices))
    assert record.cost(8, "1280x720") == Decimal("2.40")
    assert record.cost(8, "1792x1024") == Decimal("4.00")


def test_the_mock_charges_what_the_real_model_would():
    prices = extra(musicapp_prices="fal/wan-2.7=0.2,mock/veo-3.1=0.01")
    assert capabilities_for(settings(), "wan-2.7", prices).cost(5, "1280x720") == Decimal("1.0")
    assert capabilities_for(settings(), "wan-2.7", prices).cost(5, "1920x1080") == Decimal("0.75")
    assert capabilities_for(settings(), "veo-3.1", prices).cost(4, "1280x720") == Decimal("0.04")


def test_what_has_no_price_cannot_be_reserved():
    line = '{"name":"wan2.2","provider":"videos_api","durations":[5]}'
    record = capabilities_for(settings(**REAL), "wan2.2", extra(musicapp_models=line))
    with pytest.raises(UnknownPrice, match=r"MUSICAPP_PRICES='videos_api/wan2\.2="):
        record.cost(5, "1280x720")


def test_a_price_of_zero_is_a_price():
    line = '{"name":"wan2.2","provider":"videos_api","durations":[5],"usd_per_second":"0"}'
    record = capabilities_for(settings(**REAL), "wan2.2", extra(musicapp_models=line))
    assert record.cost(5, "1280x720") == 0


def test_the_version_changes_with_any_price_and_only_then():
    one = catalogue(settings(), extra()).prices.version
    assert one == catalogue(settings(), extra()).prices.version
    assert one != catalogue(settings(sora_pricing_per_second_pro="0.13"), extra()).prices.version


def test_real_traffic_on_default_prices_is_warned_about():
    assert len(catalogue(settings(**REAL), extra()).warnings()) == 2
    assert catalogue(settings(), extra()).warnings() == ()
    told = settings(**REAL, sora_pricing_per_second_base="0.06", sora_pricing_per_second_pro="0.12")
    assert catalogue(told, extra()).warnings() == ()
    prices = extra(musicapp_prices="videos_api/sora-2=0.06,videos_api/sora-2-pro=0.12")
    assert catalogue(settings(**REAL), prices).warnings() == ()


@pytest.mark.parametrize(
    "text",
    ["sora-2=0.1", "a/b", "a/b=-1", "a/b=NaN", "a/b=x", "{", '{"a/b": "x"}', "a/b@big=1", "a/b=1,"],
)
def test_unreadable_prices_are_refused(text):
    with pytest.raises(BadModelConfig, match="MUSICAPP_PRICES"):
        parse_prices(text)


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ("videos_api/sora2=0.5", "there is no videos_api/sora2"),
        ("openai/sora-2=0.5", "there is no openai/sora-2"),
        ("fal/sora-2=0.5", "there is no fal/sora-2"),
        ("videos_api/sora-2@999x100=0.5", "has no size 999x100; it has 1280x720"),
        ("mock/sora-2@999x100=0.5", "has no size 999x100"),
        ("videos_api/sora-2=0.5,videos_api/sora-2=0.6", "two prices"),
    ],
)
def test_a_mistyped_price_is_refused_and_not_ignored(prices, said):
    with pytest.raises(BadModelConfig, match=said) as caught:
        catalogue(settings(**REAL), extra(musicapp_prices=prices))
    assert caught.value.field == "MUSICAPP_PRICES"


def test_a_price_of_a_size_is_taken_where_any_size_goes():
    line = '{"name":"wan2.2","provider":"videos_api","durations":[5]}'
    own = extra(musicapp_models=line, musicapp_prices="videos_api/wan2.2@640x360=0.02")
    record = capabilities_for(settings(**REAL), "wan2.2", own)
    assert record.cost(5, "640x360") == Decimal("0.10")


def test_a_negative_price_widens_no_cap():
    """However it got into a record: nothing is sold for less than nothing."""
    record = capabilities_for(settings(**REAL), "sora-2", extra())
    for usd in ("-5", "NaN", "Infinity"):
        odd = record.model_copy(update={"size_prices": (("1280x720", Decimal(usd)),)})
        with pytest.raises(UnknownPrice):
            odd.cost(4, "1280x720")


@examples(max_examples=25)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}/[a-z0-9.-]{1,12}(@[1-9]\d{2}x[1-9]\d{2})?", fullmatch=True),
        st.decimals(0, 10, places=4),
        max_size=4,
    )
)
def test_prices_read_the_same_as_json_and_as_a_list(table):
    as_list = ",".join(f"{key}={amount}" for key, amount in table.items())
    as_json = json.dumps({key: str(amount) for key, amount in table.items()})
    assert parse_prices(as_list) == parse_prices(as_json) == table


def test_models_come_from_json_toml_and_files_and_replace_shipped_ones(tmp_path):
    toml = tmp_path / "models.toml"
    toml.write_text('[[models]]\nname="mine"\nprovider="videos_api"\ndurations="3-5"\n')
    js = tmp_path / "models.json"
    js.write_text('[{"name":"sora-2","provider":"videos_api","durations":[16]}]')
    from_toml = load_models(extra(musicapp_models=str(toml)))
    assert from_toml["mine"].durations == (3, 4, 5) and "sora-2" in from_toml
    assert load_models(extra(musicapp_models=str(js)))["sora-2"].durations == (16,)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("nowhere.json", "MUSICAPP_MODELS"),
        ("{not json", "MUSICAPP_MODELS"),
        ('{"name":"x","provider":"nobody","durations":[4]}', "provider"),
        ('{"name":"x","provider":"videos_api","durations":[8,4]}', "ascending"),
        ('{"name":"x","provider":"videos_api","durations":"1-999999999"}', "up to 3600 s"),
        ('{"name":"x","provider":"videos_api","durations":[]}', "at least one"),
        ('{"name":"x","provider":"videos_api","durations":[4],"sizes":["big"]}', "WIDTHxHEIGHT"),
        (PRICED % '"1280x720": "-5"', "greater than or equal to 0"),
        (PRICED % '"1280X720": "0.5"', "WIDTHxHEIGHT"),
        (PRICED % '"640x360": "0.5"', "x has no size 640x360; it has 1280x720"),
        (PRICED % '"1280x720": "NaN"', "finite"),
        ('{"name":"x","provider":"fal","durations":[4]}', "text_endpoint"),
        ('{"name":"x","provider":"fal","durations":[4],"speed":1}', "speed"),
        ('{"name":"x y","provider":"fal","durations":[4]}', "name"),
        ("[3]", "3"),
    ],
)
def test_a_bad_entry_says_what_is_wrong_with_it(value, names):
    with pytest.raises(BadModelConfig, match=names):
        load_models(extra(musicapp_models=value))


def test_an_unknown_model_names_the_known_ones():
    with pytest.raises(UnknownModel, match="sora-2-pro"):
        capabilities_for(settings(), "sora-3", extra())


def test_a_model_of_another_provider_is_not_offered():
    with pytest.raises(UnknownModel, match="served by fal"):
        capabilities_for(settings(**REAL), "wan-2.7", extra())


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://API.openai.com/v1/",
        "http://api.openai.com",
        "https://api.openai.com./v1",
        "https://eu.api.openai.com/v1",
        "",
    ],
)
def test_real_generation_on_the_closed_service_fails_at_once_and_names_the_ways_on(url, tmp_path):
    with pytest.raises(ProviderRetired) as caught:
        provider_from_settings(
            settings(use_sora_mock=False, sora_api_base_url=url, sora_api_key="sk-x"),
            tmp_path,
            extra(),
        )
    for word in ("24 September 2026", "USE_SORA_MOCK", "SORA_API_BASE_URL", "FAL_KEY"):
        assert word in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("project", "own", "name"),
    [
        ({}, {}, "mock"),
        ({"use_sora_mock": True}, {"fal_key": "k"}, "mock"),
        (REAL, {}, "videos_api"),
        (REAL, {"fal_key": "k"}, "videos_api"),
        (REAL, {"fal_key": "k", "musicapp_provider": "fal"}, "fal"),
        ({"use_sora_mock": False}, {"fal_key": "k"}, "fal"),
    ],
)
def test_configuration_chooses_the_provider(project, own, name, tmp_path):
    provider = provider_from_settings(settings(**project), tmp_path, extra(**own))
    assert provider.name == name


@pytest.mark.parametrize("own", [{"musicapp_provider": "fal"}, {"musicapp_provider": "nobody"}])
def test_a_provider_that_cannot_be_used_says_why(own, tmp_path):
    with pytest.raises(BadModelConfig):
        provider_from_settings(settings(**REAL), tmp_path, extra(**own))


@pytest.mark.parametrize("kind", ["videos_api", "fal"])
def test_a_gate_is_an_accounts_not_a_hosts(kind, tmp_path):
    """One that is told to slow down does not hold up another account of the same service."""

    def key(secret: str) -> str:
        chosen = REAL | {"sora_api_key": secret}
        own = extra(fal_key=secret, musicapp_provider=kind)
        return provider_from_settings(settings(**chosen), tmp_path, own).key

    assert key("one") == key("one") != key("other")


def test_the_refund_policy_can_be_set():
    strict = extra(musicapp_refunds_failed=False)
    assert capabilities_for(settings(**REAL), "sora-2", strict).refunds_failed is False
    assert capabilities_for(settings(**REAL), "sora-2", extra()).refunds_failed is True


def test_a_refund_policy_that_is_neither_yes_nor_no_is_refused_by_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSICAPP_REFUNDS_FAILED", "maybe")
    with pytest.raises(BadSetting, match=r"MUSICAPP_REFUNDS_FAILED.*maybe"):
        catalogue(settings())
    monkeypatch.setenv("MUSICAPP_REFUNDS_FAILED", "")
    assert catalogue(settings()).refunds_failed is None


@pytest.mark.parametrize("url", ["queue.fal.run", "ftp://queue.fal.run", "https://"])
def test_an_address_of_the_queue_that_cannot_be_called_is_refused(monkeypatch, tmp_path, url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAL_QUEUE_URL", url)
    with pytest.raises(BadSetting, match=r"FAL_QUEUE_URL.*http"):
        catalogue(settings())


def test_warnings_are_about_the_model_that_is_asked_for():
    (one,) = catalogue(settings(**REAL), extra()).warnings("sora-2")
    assert one.startswith("videos_api/sora-2:")


def test_keys_do_not_show_in_settings_or_providers(tmp_path):
    own = settings(**REAL, sora_api_key="sk-very-secret")
    provider = provider_from_settings(own, tmp_path, extra())
    assert "very-secret" not in repr(own) + repr(provider) + provider.key
