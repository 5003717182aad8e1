"""How a channel's webhook is set up at its provider, in the provider's own words.

Gupshup: console-docs.gupshup.io/docs/webhooks and partner-docs.gupshup.io/reference/setsubscription-api-v3; Meta:
developers.facebook.com, WhatsApp, "Create a webhook endpoint" and "Webhooks overview". All read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable

from gate24.channels import Channel

_GUPSHUP = (
    "Log into your Gupshup Console and navigate to your App > Integration > Webhooks.",
    'Click on "Create Webhook" and choose all events: WhatsApp (Profile, Template) and Delivery events.',
    'Add this as "Callback URL" and save: {url}?token=<the webhook token>',
    "Or by the subscription API: url {url}, version 2, modes MESSAGE, ENQUEUED, SENT, DELIVERED, READ, FAILED, OTHERS, "
    'BILLING, TEMPLATE and ACCOUNT, meta {{"headers": {{"X-Webhook-Token": "<the webhook token>"}}}}.',
    "Store the app's API key: {api_key}",
)

_META = (
    "Store the access token and the App Secret (App Dashboard > App settings > Basic > App Secret): "
    "{api_key}; {app_secret}",
    "In the App Dashboard, open WhatsApp > Configuration.",
    'Enter as "Callback URL": {url}',
    'Enter the verify token as "Verify token", and click "Verify and save".',
    'Under "Webhook fields", subscribe to messages, user_preferences, message_template_status_update, '
    "template_category_update, account_update, and where the list has them message_echoes and smb_message_echoes.",
    "Subscribe the app to the account: POST /<WhatsApp Business Account ID>/subscribed_apps.",
)

_STEPS = {"gupshup": _GUPSHUP, "meta": _META}


def webhook_url(channel: Channel, api_url: str) -> str:
    """Where the provider tells what happens on the channel."""
    return f"{api_url}/webhooks/{channel.provider}/{channel.id}"


def setup_steps(channel: Channel, api_url: str, storing: Callable[[str], str]) -> list[str]:
    """What to do, one step after the other. No secret is in it. ``storing``: how a secret of that kind is stored in
    gate24."""
    secrets = {"api_key": storing("api-key"), "app_secret": storing("app-secret")}
    return [step.format(url=webhook_url(channel, api_url), **secrets) for step in _STEPS[channel.provider]]
