"""WhatsApp's marks in texts, in real Chromium: shown as WhatsApp shows them, and never more than text."""

from __future__ import annotations

import random
import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import axe_violations, open_chat
from tests.support.console_demo import phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser
from tests.support.console_pages import lasting_page as page
from tests.support.console_pages import lasting_server as server
from tests.support.console_people import Person

__all__ = ["browser", "page", "server"]

CASES = [
    ("*bold*", "<strong>bold</strong>"),
    ("_italic_", "<em>italic</em>"),
    ("~struck~", "<s>struck</s>"),
    ("`code`", "<code>code</code>"),
    ("```x = 1```", "<code>x = 1</code>"),
    ("```\nif a:\n  b\n```", "<pre><code>if a:\n  b</code></pre>"),
    ("Say ```*this*``` now", "Say <code>*this*</code> now"),
    ("Come *today*, _please_!", "Come <strong>today</strong>, <em>please</em>!"),
    ("*_both_*", "<strong><em>both</em></strong>"),
    ("_*~all~*_", "<em><strong><s>all</s></strong></em>"),
    ("*a _b* c_", "<strong>a _b</strong> c_"),
    ("*नमस्ते* आशा", "<strong>नमस्ते</strong> आशा"),
    ("नमस्ते*आशा*", "नमस्ते*आशा*"),
    ("*आशा*जी", "*आशा*जी"),
    ("\u0939\u093f*a*", "\u0939\u093f*a*"),
    ("\u2764\ufe0f*love*\u2764\ufe0f", "\u2764\ufe0f<strong>love</strong>\u2764\ufe0f"),
    ("(*bold*)", "(<strong>bold</strong>)"),
    ("2 * 3 * 4", "2 * 3 * 4"),
    ("2*3*4", "2*3*4"),
    ("say * no*", "say * no*"),
    ("*no *", "*no *"),
    ("**", "**"),
    ("****", "****"),
    ("*one\ntwo*", "*one\ntwo*"),
    ("*one", "*one"),
    ("my_file_name.pdf", "my_file_name.pdf"),
    ("_a_b_", "<em>a_b</em>"),
    ("https://example.org/_a_/~b~?c=*d*&e", "https://example.org/_a_/~b~?c=*d*&amp;e"),
    ("*https://example.org/a_b*", "<strong>https://example.org/a_b</strong>"),
    ("`*a*` *b*", "<code>*a*</code> <strong>b</strong>"),
    ("*a `*` b*", "<strong>a <code>*</code> b</strong>"),
    ("``a``", "``a``"),
    ("```", "```"),
    ("``` ```", "``` ```"),
    ("> said *so*", '<blockquote dir="auto">said <strong>so</strong></blockquote>'),
    (">:-)", "&gt;:-)"),
    ("- one\n* two", '<div class="item" dir="auto">one</div><div class="item" dir="auto">two</div>'),
    ("1. one\n2. two", "1. one\n2. two"),
    ("A list:\n- one\nThat is all.", 'A list:<div class="item" dir="auto">one</div>That is all.'),
    ("<b>*x*</b>", "&lt;b&gt;<strong>x</strong>&lt;/b&gt;"),
    ("*<img src=x onerror=alert(1)>*", "<strong>&lt;img src=x onerror=alert(1)&gt;</strong>"),
    ("", ""),
]

SHOWN = """async (texts) => {
  const script = document.querySelector('script[type="module"]').src;
  const { markedText } = await import(new URL("components/marked_text.js", script));
  return texts.map((text) => {
    const element = markedText(text);
    const names = [...element.querySelectorAll("*")].map(({ localName }) => localName);
    return [element.innerHTML, element.textContent, names];
  });
}"""


def test_each_text_is_shown_as_whatsapp_shows_it(page: Page) -> None:
    shown = page.evaluate(SHOWN, [text for text, _ in CASES])
    assert {text: html for (text, _), (html, *_) in zip(CASES, shown, strict=True)} == dict(CASES)


def test_no_text_loses_a_letter_or_becomes_more_than_text(page: Page) -> None:
    """Of any text only marks may go, and only the elements of marks come."""
    dice = random.Random(24)
    letters = [
        "*",
        "_",
        "~",
        "`",
        "```",
        "> ",
        "- ",
        "\n",
        " ",
        "a",
        "Z",
        "7",
        "ि",
        "आ",
        "é",
        ".",
        "<b>",
        "&amp;",
        "</",
        "👍🏽",
    ]
    texts = ["".join(dice.choices(letters, k=dice.randrange(1, 30))) for _ in range(3000)]
    for text, (_, content, names) in zip(texts, page.evaluate(SHOWN, texts), strict=True):
        assert without_marks(content) == without_marks(text), text
        assert set(names) <= {"strong", "em", "s", "code", "pre", "blockquote", "div"}, text


def without_marks(text: str) -> str:
    return re.sub(r"[*_~`>\-\s]", "", text)


@pytest.mark.parametrize("unit", ["*a ", "_*~a ", "`", "```", "`a ", "*_", "https://*", "*a _b~c "])
def test_a_text_of_any_length_is_shown_at_once(page: Page, unit: str) -> None:
    """WhatsApp lets 65,536 letters through; a page that takes longer than a timeout for them fails."""
    text = (unit * 65_536)[:65_536]
    ((_, content, _),) = page.evaluate(SHOWN, [text])
    assert without_marks(content) == without_marks(text)


def test_marks_are_shown_in_messages_previews_and_quotes(server: Server, page: Page) -> None:
    person = server.organizations["demo"].add(Person(phone(95200), "Asha Marks"))
    asked = person.writes("Is it *today* or _tomorrow_?\n> You said `ten`\n- school\n- bus")
    person.writes("And *where*?", reply_to=asked["id"])
    person.writes(
        None, type="image", media={"kind": "image", "url": "https://example.org/a.png", "caption": "The *roof*"}
    )
    open_chat(page, "Asha Marks")
    first, reply, picture = (page.locator(".message").nth(place) for place in range(3))
    expect(first.locator("strong")).to_have_text("today")
    expect(first.locator("em")).to_have_text("tomorrow")
    expect(first.locator("blockquote code")).to_have_text("ten")
    expect(first.locator(".item")).to_have_text(["school", "bus"])
    expect(reply.locator(".quote-text")).to_have_text(re.compile(r"^Is it today or tomorrow\?"))
    expect(picture.locator("strong")).to_have_text("roof")
    assert axe_violations(page) == []
