"""What counts as a function's answer: AWS's emulator answers 200 to much that is none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stack.emulator import Emulator, FunctionFailed

RAISED = json.dumps({"errorMessage": "'Records'", "errorType": "KeyError", "requestId": "1", "stackTrace": []})
NOT_IMPORTED = json.dumps({"errorMessage": "No module named 'x'", "errorType": "Runtime.ImportModuleError"})


@pytest.fixture
def saying() -> Iterator[Callable[[int, str], Emulator]]:
    """An emulator that answers every event with that status and text."""
    said: list[tuple[int, str]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = said[-1]
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    def emulator(status: int, text: str) -> Emulator:
        said.append((status, text))
        return Emulator(server.server_port, seconds=10)

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield emulator
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("answer", ['{"statusCode": 409}', "null", "[]", '{"errorMessage": "of the BSP"}'])
def test_what_a_function_returns_is_its_answer(saying: Callable[[int, str], Emulator], answer: str) -> None:
    assert saying(200, answer).invoke("{}") == answer


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [
        (200, RAISED, "KeyError: 'Records'"),
        (502, NOT_IMPORTED, "Runtime.ImportModuleError: No module named 'x'"),
        (200, "Task timed out after 20.00 seconds", "Task timed out after 20.00 seconds"),
        (500, "", "it ended without a word"),
    ],
)
def test_what_is_no_answer_says_why(saying: Callable[[int, str], Emulator], status: int, text: str, why: str) -> None:
    with pytest.raises(FunctionFailed) as failed:
        saying(status, text).invoke("{}")
    assert str(failed.value) == why
