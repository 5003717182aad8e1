"""A bot behind gate24: it hears of messages by a webhook, and answers them while the window is open."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

API = httpx.Client(base_url=os.environ["GATE24_API_URL"], timeout=12)
API.headers["Authorization"] = f"Bearer {os.environ['GATE24_API_KEY']}"
WEBHOOK = Webhook(os.environ["GATE24_WEBHOOK_SECRET"])


def answer(event: dict[str, Any]) -> int:
    """The status for gate24: after 503, or none, it tells of the event again, and the key keeps out a second answer."""
    data = event["data"]
    if event["type"] != "message.received" or data["message"]["type"] != "text":
        return 204
    to, text = data["contact"]["phone"] or data["contact"]["user_id"], {"body": f"You wrote: {data['message']['text']}"}
    body = {"to": to, "channel": event["channel"], "type": "text", "text": text}
    sent = API.post("/v1/messages", json=body, headers={"Idempotency-Key": event["id"]})
    if sent.is_error:
        print("Not answered:", sent.text)
    return 503 if sent.is_error and sent.json().get("retryable", True) else 204


class Bot(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        try:
            status = answer(WEBHOOK.verify(self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
        except WebhookVerificationError:
            status = 401
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Bot).serve_forever()
