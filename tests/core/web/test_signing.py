from urllib.parse import unquote

from jimeng_core.backends.web.signing import cookie, headers, query, sign
from tests.core.web.fake_site import TOKEN
from tests.each import each


@each(
    ("path", "seconds", "expected"),
    [
        ("/mweb/v1/aigc_draft/generate", 1790786145, "2533662377211f0653b7759901657a92"),
        ("/mweb/v1/get_asset_list", 1770799188, "99f53a201a714800b940d336ec506155"),
    ],
)
def test_sign_vectors(path: str, seconds: int, expected: str) -> None:
    """Sign is what the site's own page sent for the two requests of protocol 3."""
    assert sign(path, "8.4.0", seconds) == expected


def test_headers() -> None:
    """The headers are those of protocol 3, and Sign covers their own version and time."""
    got = headers("/mweb/v1/aigc_draft/generate", 1790786145)
    agent = got.pop("User-Agent")
    assert "Chrome" in agent
    assert got == {
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Appid": "513695",
        "Appvr": "8.4.0",
        "App-Sdk-Version": "48.0.0",
        "Device-Time": "1790786145",
        "Lan": "zh-Hans",
        "Loc": "cn",
        "Origin": "https://jimeng.jianying.com",
        "Pf": "7",
        "Referer": "https://jimeng.jianying.com/ai-tool/generate?type=video",
        "Sign": "2533662377211f0653b7759901657a92",
        "Sign-Ver": "1",
        "Tdid": "",
    }


def test_query_names_this_build() -> None:
    """The query is that of protocol 2, with this web id."""
    assert query("7000000000000000001") == {
        "aid": "513695",
        "device_platform": "web",
        "region": "cn",
        "webId": "7000000000000000001",
        "da_version": "3.3.28",
        "web_version": "7.5.0",
        "web_component_open_flag": "1",
        "aigc_features": "app_lip_sync",
    }


def test_cookie() -> None:
    """The cookie has the token under its three names, and the query's web id."""
    assert cookie(TOKEN, "7000000000000000001") == (
        f"sessionid={TOKEN}; sessionid_ss={TOKEN}; sid_tt={TOKEN}; _tea_web_id=7000000000000000001"
    )


@each("token", ["a; admin=1", "a\r\nX-Evil: 1", "密钥", "a,b"])
def test_a_strange_token_stays_one_value(token: str) -> None:
    """Any text as a token is one cookie's value, and no second header."""
    got = cookie(token, "7")
    assert got.isascii()
    assert got.isprintable()
    first, *others = got.split("; ")
    assert unquote(first.removeprefix("sessionid=")) == token
    assert len(others) == 3
