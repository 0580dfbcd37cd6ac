"""The headers, the query and the cookie that every request to the site carries. Pure."""

import hashlib
from urllib.parse import quote

from . import wire


def sign(path: str, app_version: str, unix_seconds: int) -> str:
    """The `Sign` header: an md5 over the end of the path, the version and the time.

    It covers neither cookie nor body nor query (protocol 3, sure; with two test vectors).

    Args:
        path: The URL's path; its last seven characters count.
        app_version: The `Appvr` header's value.
        unix_seconds: The `Device-Time` header's value.
    """
    text = f"9e2c|{path[-7:]}|7|{app_version}|{unix_seconds}||11ac"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def headers(path: str, unix_seconds: int, origin: str) -> dict[str, str]:
    """The headers of a request to the site, but for the cookie (protocol 3)."""
    return {
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Appid": str(wire.AID),
        "Appvr": wire.APP_VERSION,
        "App-Sdk-Version": wire.APP_SDK_VERSION,
        "Device-Time": str(unix_seconds),
        "Lan": "zh-Hans",
        "Loc": "cn",
        "Origin": origin,
        "Pf": "7",
        "Referer": f"{origin}/ai-tool/generate?type=video",
        "Sign": sign(path, wire.APP_VERSION, unix_seconds),
        "Sign-Ver": "1",
        "Tdid": "",
        "User-Agent": wire.USER_AGENT,
    }


def query(web_id: str) -> dict[str, str]:
    """The query of a request to the site (protocol 2). `web_id` is the cookie's `_tea_web_id`."""
    return {
        "aid": str(wire.AID),
        "device_platform": "web",
        "region": "cn",
        "webId": web_id,
        "da_version": wire.DRAFT_VERSION,
        "web_version": wire.WEB_VERSION,
        "web_component_open_flag": "1",
        "aigc_features": "app_lip_sync",
    }


def cookie(token: str, web_id: str) -> str:
    """The cookie that a session token makes (protocol 4).

    Of a browser's 27 cookies only `sessionid` was measured to matter; the two twins that every
    client sends stand beside it, and nothing is made up.
    """
    safe = quote(token, safe="%")
    return f"sessionid={safe}; sessionid_ss={safe}; sid_tt={safe}; _tea_web_id={web_id}"
