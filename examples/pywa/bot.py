"""The same bot written for Meta's API with pywa. Of gate24 it has three addresses and keys where Meta's would be."""

import os

import httpx
from flask import Flask
from pywa import WhatsApp, filters
from pywa.errors import WhatsAppError
from pywa.types import Message

server = Flask(__name__)
session = httpx.Client(timeout=30)
bot = WhatsApp(
    token=os.environ["GATE24_API_KEY"],
    app_secret=os.environ["GATE24_WEBHOOK_SECRET"],
    verify_token="not asked for: gate24 makes no handshake",
    session=session,
    server=server,
)
session.base_url = f"{os.environ['GATE24_API_URL']}/graph/v23.0"


@bot.on_message(filters.text)  # type: ignore[misc]  # typed without its own self
def answer(_bot: WhatsApp, message: Message) -> None:
    try:
        message.reply(f"You wrote: {message.text}")
    except WhatsAppError as refused:  # outside the window it is pywa.errors.ReEngagementMessage
        print("Not answered:", refused.code, refused.details)


if __name__ == "__main__":
    server.run(port=int(os.environ.get("PORT", "8000")))
