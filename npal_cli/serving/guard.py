"""Who may ask: the browser that was given the token, about pages that this server gave it.

The address that is printed once holds a random token; the first request trades it for a cookie. A page from elsewhere
has no such cookie (``SameSite=Strict``), is refused by its ``Origin``, and cannot pretend by another name for this
machine (``Host``, see Starlette's ``TrustedHostMiddleware``).
"""

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
"""Bytes that a request may hold: an answer has a hundred."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Lets nothing through that does not hold the token, comes from elsewhere or is too large."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token, self._cookie = app, token, f"npal-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and scope["method"] == "GET" and self._is_token(given):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            await answer(scope, receive, with_headers)
        elif not self._is_token(_cookie(headers, self._cookie)):
            text = "This is not for you: open the address that npal serve printed, with its token.\n"
            await PlainTextResponse(text, 403)(scope, receive, with_headers)
        elif headers.get("origin", f"http://{headers.get('host')}") != f"http://{headers.get('host')}":
            text = f"Refused: {headers['origin']} is another site.\n"
            await PlainTextResponse(text, 403)(scope, receive, with_headers)
        else:
            body = await _body(headers, receive)
            if body is None:
                text = f"Refused: more than {LARGEST_BODY} bytes.\n"
                await PlainTextResponse(text, 413)(scope, receive, with_headers)
            else:
                await self._app(scope, _replay(body, receive), with_headers)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """All of it; None if it is too large, which is known before it is read where the request says so."""
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        return None
    body, more = b"", True
    while more and len(body) <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body if len(body) <= LARGEST_BODY else None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read already; then what else comes."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
