"""A bot behind gate24: it hears of messages by a webhook, and answers them while the window is open."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from standardwebhooks import Webhook, WebhookVerificationError

API, KEY = os.environ["GATE24_API_URL"], os.environ["GATE24_API_KEY"]
WEBHOOK = Webhook(os.environ["GATE24_WEBHOOK_SECRET"])


def answer(event: dict[str, Any]) -> int:
    """The status for gate24: after 503 it tells of the event again, and the key keeps the answer from going twice."""
    contact, message = event["data"]["contact"], event["data"]["message"]
    text = {"type": "text", "text": {"body": f"You wrote: {message['text']}"}}
    body = {"to": contact["phone"] or contact["user_id"], "channel": event["channel"], **text}
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": event["id"], "Content-Type": "application/json"}
    try:
        urlopen(Request(f"{API}/v1/messages", json.dumps(body).encode(), headers), timeout=12).close()
    except HTTPError as refused:
        problem = json.load(refused)
        print("Not answered:", problem.get("code"), problem.get("detail"))
        return 503 if problem.get("retryable", True) else 204
    except URLError:
        return 503
    return 204


class Bot(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = WEBHOOK.verify(body, dict(self.headers))
            is_text = event["type"] == "message.received" and event["data"]["message"]["type"] == "text"
            status = answer(event) if is_text else 204
        except WebhookVerificationError:
            status = 401
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Bot).serve_forever()
