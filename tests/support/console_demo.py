"""The demo of the console's API in memory: one contact in each state, a full conversation, templates and costs.
No person in here is a real one."""

from __future__ import annotations

import random
import time
from typing import Any

from gate24.templates import Template
from tests.support.console_costs import costs
from tests.support.console_inbox import Member
from tests.support.console_people import DAY, HOUR, Organization, Person, cost

# fmt: off
GIVEN = [
    "Asha", "Bimal", "Chitra", "Deepak", "Esha", "Farhan", "Gita", "Harish", "Indu", "Jaya", "Kiran", "Lata", "Meena",
    "Nikhil", "Omana", "Priya", "Ravi", "Sunita",
]
FAMILY = ["Devi", "Kumar", "Sharma", "Patil", "Das", "Rao", "Nair", "Khan", "Joshi", "Singh", "Bai", "Gowda"]
# fmt: on


TEMPLATES = [
    Template(
        "gupshup-1", "camp_reminder", "en", "t1", "utility", "approved", params=2,
        body="Namaste {{1}}, the health camp is on {{2}}. Reply here to talk to us.",
    ),
    Template(
        "gupshup-1", "shivir_suchna", "hi", "t2", "utility", "approved", params=1,
        body="नमस्ते {{1}}, क्या आप हमसे बात करना चाहेंगे?",
    ),
    Template("gupshup-1", "annual_appeal", "en", "t3", "marketing", "approved", media="image"),
    Template("gupshup-1", "old_notice", "en", "t4", "utility", "paused"),
]  # fmt: skip


ASHA = Member("Asha Rao", "asha@example.org", "supervisor")
BIMAL = Member("Bimal Das", "bimal@example.org")
QUICK_REPLIES = [
    {"name": "hours", "text": "Dear {{name}}, we are here from 9 to 5."},
    {"name": "papers", "text": "Please bring your ration card and the old prescription."},
    {"name": "समय", "text": "{{name}} जी, हम सुबह 9 से शाम 5 बजे तक यहाँ हैं।"},
]


def phone(number: int) -> str:
    return f"+9198765{number:05d}"


def demo(count: int = 200, scopes: tuple[str, ...] = ("read", "send", "admin")) -> Organization:
    """An organization with one contact in each state, a full conversation, and ``count`` contacts in all."""
    organization = Organization(
        "Demo Health Trust",
        scopes,
        templates=list(TEMPLATES),
        costs=costs(),
        members=[ASHA, BIMAL],
        quick_replies=list(QUICK_REPLIES),
    )
    now = time.time()
    dice = random.Random(7)
    for index in range(count):
        person = Person(phone(index), f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}")
        if index % 7:
            person.writes("Namaste", at=now - 60 - index * 97.0)
            if index % 5 == 0:
                answer = {"direction": "outbound", "type": "text", "text": "Namaste! How can we help?"}
                person.add(answer | {"status": "read"}, now - 30 - index * 97.0)
        else:
            person.activity = now - 60 - index * 97.0
        if index % 3:
            person.consent("opt_in", "import", "Enrolment form", at=now - 30 * DAY)
        organization.add(person)
    for person in _special(now)[: max(count, 1)]:
        organization.add(person)
    return organization


def _special(now: float) -> list[Person]:
    people = {
        "open": Person(phone(90001), "Sunita, Class 7"),
        "closing": Person(phone(90002), "Ravi, driver"),
        "soon": Person(phone(90003), "Meena, mother"),
        "closed": Person(phone(90004), "Harish, volunteer"),
        "never": Person(phone(90005), "Indu, teacher"),
        "opted_out": Person(phone(90006), "Farhan, Class 8"),
        "blocked": Person(phone(90007), "Nikhil, cook"),
        "unreachable": Person(phone(90008), "Lata, nurse", unreachable=True),
        "returned": Person(phone(90009), "आशा देवी"),
        "left": Person(phone(90010), "", left_at=now - 2 * DAY),
    }
    ages = {
        "open": 1.6 * HOUR,
        "closing": 22.3 * HOUR,
        "soon": DAY - 780,
        "closed": 30 * HOUR,
        "opted_out": 40 * HOUR,
        "blocked": 2 * HOUR,
        "unreachable": 50 * HOUR,
        "returned": 600.0,
    }
    for order, (state, person) in enumerate(people.items()):
        if state in ages:
            person.writes("Thank you, I will come.", at=now - ages[state])
        person.activity = now - order * 5 - 1
        if state not in ("never", "blocked", "left"):
            person.consent("opt_in", "keyword", "START", at=now - 20 * DAY)
    people["open"].inbox.labels = ["health camp", "follow-up"]
    people["open"].inbox.assignee = ASHA.email
    people["soon"].inbox.labels = ["pregnancy"]
    people["blocked"].consent("block", "api", at=now - 3 * DAY)
    people["opted_out"].consent("opt_out", "keyword", "STOP", at=now - 26 * HOUR)
    people["returned"].consent("opt_out", "keyword", "रोकें", at=now - 5 * HOUR)
    people["left"].add(
        {
            "direction": "outbound",
            "type": "template",
            "template": {"name": "camp_reminder", "language": "en", "params": ["Kavita", "25 November"]},
            "status": "refused",
            "code": "number_changed",
        },
        now - 26 * HOUR,
    )
    people["open"].messages = []
    _talk(people["open"], now)
    return list(people.values())


def _talk(person: Person, now: float) -> None:
    def ours(text: str, ago: float, status: str, **more: Any) -> None:
        person.add({"direction": "outbound", "type": "text", "text": text, "status": status, **more}, now - ago)

    person.add(
        {
            "direction": "outbound",
            "type": "template",
            "template": {"name": "camp_reminder", "language": "en", "params": ["Sunita", "25 November"]},
            "status": "read",
            "cost": cost("template"),
        },
        now - 28 * HOUR,
    )
    ours("Are you coming on Wednesday?", 27 * HOUR, "refused", code="window_closed")
    person.writes("Yes. Which papers do I need to bring?", at=now - 3 * HOUR)
    ours("Your ration card and the old prescription, please.", 2.9 * HOUR, "read", cost=cost("text"))
    person.writes(
        None,
        at=now - 2 * HOUR,
        type="image",
        media={
            "kind": "image",
            "url": "https://files.example.org/card.jpg",
            "caption": "This one?",
            "size_bytes": 81_000,
        },
    )
    person.writes(None, at=now - 1.95 * HOUR, type="call", details={"direction": "user_initiated", "duration": 95})
    ours("That is the right one.", 1.9 * HOUR, "delivered", cost=cost("text"))
    ours(
        "See you at ten.",
        1.8 * HOUR,
        "failed",
        code="bsp_failed",
        failure={
            "code": "131026",
            "reason": "Message undeliverable",
            "kind": "unreachable",
            "meaning": "This number cannot be reached.",
        },
    )
    person.writes("ठीक है, धन्यवाद 🙏", at=now - 1.6 * HOUR)
    ours("Bring your daughter too.", 1.5 * HOUR, "unknown")
    ours("The bus leaves at nine.", 0.4 * HOUR, "sent", cost=cost("text"))
