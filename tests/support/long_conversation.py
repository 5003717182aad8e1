"""A conversation of any length, put into the table in memory as if it had been told, with all that stands beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from gate24.events import ContactRef
from gate24.message_keys import MessageKey, short_hash
from gate24.rules.rollup import local_day
from gate24.store import contacts, keys, ledger_format
from tests.support.bodies import gupshup, gupshup_message, gupshup_status, meta_text
from tests.support.memory_table import MemoryTable, Raw
from tests.support.scene import HOUR, contact_opted_in, now, post_webhook
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, System

ZONE = "Asia/Kolkata"
DAYS = 3
_FOR_EVERY = 10
_MODELS = (keys.MESSAGE, keys.CONSENT, keys.WAITING_STATUS)


class LongConversation:
    """``size`` messages of one contact on the last days, and for every ten of them an entry of the consent history and
    a delivery status that waits; a message under the user id alone, and an event that was not understood."""

    def __init__(self, gate24: System, table: MemoryTable, phone: str, size: int) -> None:
        self.phone, self.size = phone, size
        self.user_id = f"IN.{phone}"
        self._start = (now() - HOUR) // 1000 * 1000
        post_webhook(gate24, META, meta_text("I am shy", f"w.{phone}", None, self._start, META_NUMBER, self.user_id))
        self.tell_again(gate24, 0)
        contact_opted_in(gate24, phone, HOUR)
        post_webhook(
            gate24, GUPSHUP, gupshup_status("delivered", f"gs-{phone}", f"wamid.{phone}-out", phone, self._start)
        )
        post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"of": phone}))
        self.contact_id = contacts.contact_id(ORG, ContactRef(f"+{phone}"))
        self.pk = keys.contact_pk(ORG, self.contact_id)
        self.alias_pk = keys.contact_pk(ORG, contacts.contact_id(ORG, ContactRef(user_id=self.user_id)))
        self._copy(table)

    def provider_id(self, number: int) -> str:
        return f"wamid.{self.phone}-{number}"

    def time(self, number: int) -> int:
        return self._start - number * (DAYS * 24 * HOUR // self.size)

    def tell_again(self, gate24: System, number: int) -> None:
        """The webhook of that message once more."""
        id, at = self.provider_id(number), self.time(number)
        body = gupshup_message("text", {"text": "Hello"}, id, self.phone, at, user_id=self.user_id)
        post_webhook(gate24, GUPSHUP, body)

    def message_id(self, number: int) -> str:
        return self._key(number).id

    def _key(self, number: int) -> MessageKey:
        return MessageKey(self.contact_id, self.time(number), short_hash(GUPSHUP, self.provider_id(number)))

    def _copy(self, table: MemoryTable) -> None:
        models = {prefix: self._model(table, prefix) for prefix in _MODELS}
        message, ledgers = models[keys.MESSAGE], self._ledgers(models[keys.MESSAGE])
        for number in range(1, self.size):
            key = self._key(number)
            day = local_day(key.at, ZONE).isoformat()
            table.put(
                message
                | {
                    "sk": {"S": keys.message_sort(key)},
                    "g": {"S": keys.day_partition(ORG, day, self.contact_id)},
                    "h": {"S": keys.day_sort(key)},
                    "pi": {"S": self.provider_id(number)},
                    "l": ledgers[number % len(ledgers)],
                }
            )
            if number % _FOR_EVERY == 0:
                table.put(models[keys.CONSENT] | {"sk": {"S": f"{keys.CONSENT}{key.at:013d}#{key.suffix}"}})
                table.put(self._waiting(models[keys.WAITING_STATUS], key))

    def _model(self, table: MemoryTable, prefix: str) -> Raw:
        found: Raw = next(item for item in table.partitions[self.pk].values() if item["sk"]["S"].startswith(prefix))
        return found

    def _ledgers(self, message: Raw) -> list[Raw]:
        """Messages that cost differently: one that the contact wrote, a template, one that failed."""
        first = ledger_format.load(message["l"]["S"], "", 0)
        template = replace(first, kind="template", category="utility", whatsapp=4_200)
        return [{"S": ledger_format.dump(each)} for each in (first, template, replace(template, state="failed"))]

    def _waiting(self, model: Raw, key: MessageKey) -> Raw:
        event = json.loads(model["e"]["S"])
        event["event"]["bsp_ids"] = [f"gs-{key.suffix}"]
        return model | {"sk": {"S": f"{keys.WAITING_STATUS}{key.at:013d}#{key.suffix}"}, "e": {"S": json.dumps(event)}}

    def left(self, table: MemoryTable) -> list[str]:
        """The sort keys of what is stored of the contact and its user id."""
        partitions: list[Any] = [table.partitions.get(pk, {}) for pk in (self.pk, self.alias_pk)]
        return sorted(item["sk"]["S"] for partition in partitions for item in partition.values())
