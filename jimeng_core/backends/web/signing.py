"""The headers, the query and the cookie of every request to the site."""

import hashlib
from urllib.parse import quote

from . import wire


def sign(path: str, app_version: str, unix_seconds: int) -> str:
    """The `Sign` header: an MD5 of the end of the path, `Appvr` and `Device-Time`.

    It covers neither cookie nor body nor query (protocol 3, sure; with two test vectors).
    """
    text = f"9e2c|{path[-7:]}|7|{app_version}|{unix_seconds}||11ac"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def headers(path: str, unix_seconds: int) -> dict[str, str]:
    """The headers of a request to the site, except the cookie (protocol 3)."""
    return {
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Appid": str(wire.AID),
        "Appvr": wire.APP_VERSION,
        "App-Sdk-Version": wire.APP_SDK_VERSION,
        "Device-Time": str(unix_seconds),
        "Lan": "zh-Hans",
        "Loc": "cn",
        "Origin": wire.SITE,
        "Pf": "7",
        "Referer": f"{wire.SITE}/ai-tool/generate?type=video",
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
    """The cookie of a session token (protocol 4).

    Of a browser's 27 cookies only `sessionid` is known to matter; the two twins that every client
    sends are added, and nothing is made up.
    """
    safe = quote(token, safe="%")
    return f"sessionid={safe}; sessionid_ss={safe}; sid_tt={safe}; _tea_web_id={web_id}"
