"""Mails to staff, by Amazon SES."""

from __future__ import annotations

from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from gate24.observability import logger
from gate24.rules.closing_mail import Mail
from gate24.store.aws import ses

MailOutcome = Literal["sent", "put_off", "refused", "unknown"]
"""``put_off``: nothing was sent, and later it may be. ``refused``: nothing was sent, and asking again helps nobody.
``unknown``: it may have been sent."""

_PUT_OFF = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "LimitExceededException", "SendingPausedException"}
    | {"AccessDeniedException"}  # whoever runs gate24 can allow it meanwhile
)


def send_mail(sender: str, to: str, mail: Mail) -> MailOutcome:
    """Asks once, so that no mail goes out twice."""
    content = {
        "Simple": {
            "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": mail.text, "Charset": "UTF-8"}},
            "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
        }
    }
    try:
        ses().send_email(FromEmailAddress=sender, Destination={"ToAddresses": [to]}, Content=content)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        outcome: MailOutcome = "put_off" if code in _PUT_OFF else "refused" if status < 500 else "unknown"
        logger.error("mail_not_sent", extra={"outcome": outcome, "code": code})
        return outcome
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        logger.error("mail_not_sent", extra={"outcome": "put_off", "code": type(error).__name__})
        return "put_off"
    except BotoCoreError as error:
        logger.error("mail_not_sent", extra={"outcome": "unknown", "code": type(error).__name__})
        return "unknown"
    return "sent"
