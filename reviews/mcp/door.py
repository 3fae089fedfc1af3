"""Who gets in over HTTP: a live token in the Authorization header, before anything is parsed."""

from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from agents.errors import InvalidToken, ScopeMissing
from reviews.mcp.tools import caller_of

SESSION_HEADER = "Daybreak-Session"


class Door:
    """Lets requests with a token for proposals through to the application, answers others."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no request, and requests whose token is good."""
        if scope["type"] == "http":
            refusal = await sync_to_async(refusal_of, thread_sensitive=False)(Request(scope))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


def refusal_of(request: Request) -> JSONResponse | None:
    """Return the answer to a request whose token is not good, None where it is."""
    close_old_connections()
    try:
        caller_of(secret_in(request), "")
    except InvalidToken as error:
        refused = _refuse(HTTPStatus.UNAUTHORIZED, "invalid_token", str(error))
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    except ScopeMissing as error:
        return _refuse(HTTPStatus.FORBIDDEN, "scope_missing", str(error))
    finally:
        close_old_connections()
    return None


def secret_in(request: Request) -> str:
    """Return the secret of the Authorization header, or raise InvalidToken."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise InvalidToken("A token is missing. Send it as: Authorization: Bearer dbk_…")
    return secret.strip()


def named_session(request: Request) -> str:
    """Return the id of the session the client's stack names, '' where it names none."""
    return str(request.headers.get(SESSION_HEADER, "")).strip()


def _refuse(status: HTTPStatus, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
