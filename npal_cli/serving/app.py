"""The addresses of the page to label on."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from npal_cli.errors import DataError, NpalError
from npal_cli.labelling.page import LOOK
from npal_cli.serving.guard import Guard
from npal_cli.serving.session import Session

PAGE = Path(__file__).parent / "page"
HOSTS = ("127.0.0.1", "localhost")


def app_of(session: Session, token: str, port: int) -> FastAPI:
    """The page and what it asks for; all of it behind the :class:`Guard`."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(Guard, token=token, port=port)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))  # the outermost
    app.add_exception_handler(NpalError, _refused)
    app.add_exception_handler(RequestValidationError, _no_answer)
    app.mount("/static", StaticFiles(directory=PAGE))
    for path, file in (("/", PAGE / "index.html"), ("/look.css", LOOK)):
        app.add_api_route(path, _giving(file))
    for each in (session.state, session.row, session.guess):
        app.add_api_route(f"/{each.__name__}", each)
    for change in (session.answer, session.undo):
        app.add_api_route(f"/{change.__name__}", change, methods=["POST"])

    @app.get("/picture")
    def picture(name: str) -> Response:
        content, media_type = session.picture(name)
        return Response(content, media_type=media_type)

    @app.get("/curve.svg")
    def curve() -> Response:
        return Response(session.curve(), media_type="image/svg+xml")

    return app


def _giving(file: Path) -> Callable[[], FileResponse]:
    def give() -> FileResponse:
        return FileResponse(file)

    return give


def _refused(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 409 if isinstance(error, DataError) else 500)


def _no_answer(_: Request, error: Exception) -> JSONResponse:
    """What was sent is not repeated: it may be no text at all."""
    wrong = [str(each["loc"][-1]) for each in error.errors()] if isinstance(error, RequestValidationError) else []
    return JSONResponse({"error": f"not an answer: {', '.join(wrong)[:200]}"}, 422)
