"""An OpenAI-compatible server on a free port that answers as a test tells it and keeps what it was sent."""

import asyncio
import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.processes import free_port

Answer = Callable[[str], Response]


def completion(content: str, *, finish_reason: str = "stop") -> Response:
    message = {"role": "assistant", "content": content}
    return JSONResponse(
        {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
    )


def answer_of(*statements: dict[str, Any], finish_reason: str = "stop") -> Response:
    return completion(json.dumps({"statements": statements}), finish_reason=finish_reason)


@dataclass
class ModelServer:
    """What it was sent, and how it answers: by the scripted answers in turn, the last one for ever."""

    url: str
    script: list[Answer | None]
    """None: it never answers."""
    bodies: list[str] = field(default_factory=list[str])
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    async def complete(self, request: Request) -> Response:
        body = (await request.body()).decode()
        self.bodies.append(body)
        answer = self.script[min(len(self.bodies), len(self.script)) - 1]
        if answer is None:
            await self.ending.wait()
            return Response(status_code=503)
        return answer(body)


@contextmanager
def model_server(*script: Answer | None) -> Generator[ModelServer]:
    port = free_port()
    server = ModelServer(f"http://127.0.0.1:{port}/v1", list(script))
    app = Starlette(routes=[Route("/v1/chat/completions", server.complete, methods=["POST"])])
    config = uvicorn.Config(app, port=port, log_level="error")
    running = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(running.serve(),))
    thread.start()
    try:
        while not running.started:
            thread.join(0.01)
        yield server
    finally:
        loop.call_soon_threadsafe(server.ending.set)
        running.should_exit = True
        thread.join()
        loop.close()
