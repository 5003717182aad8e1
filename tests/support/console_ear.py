"""What a screen reader makes of the console: the accessibility tree, where the focus is, and what is said by itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.support.browser import WAIT_MS
from tests.support.console_mock import CONSOLE

REGIONS = "[aria-live]:not([aria-live=off]), [role=status], [role=alert]"

LISTEN = (
    """
window.heard = [];
new MutationObserver((changes) => {
  const regions = new Set();
  for (const { target, addedNodes } of changes) {
    const element = target instanceof Element ? target : target.parentElement;
    if (addedNodes.length || target instanceof Text) regions.add(element?.closest(REGIONS));
  }
  // Outside an open dialog nothing is heard.
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document;
  for (const region of regions) {
    const words = region?.checkVisibility() && dialog.contains(region) ? region.textContent.trim() : "";
    if (words) window.heard.push(words);
  }
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
).replace("REGIONS", json.dumps(REGIONS))


@dataclass(frozen=True, slots=True)
class Focused:
    """``states``: those that are told, such as ``{"expanded": True}``."""

    role: str
    name: str
    description: str
    states: dict[str, Any]


class Ear:
    """Of one page, which must not have been opened yet. ``language``: in whose words ``words`` answers."""

    def __init__(self, page: Page, language: str = "en") -> None:
        page.add_init_script(LISTEN)
        self.page = page
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("Accessibility.enable")
        texts = CONSOLE.parent / "static" / "language" / "messages" / f"{language}.json"
        self.texts = json.loads(texts.read_text())

    def words(self, key: str, **values: str) -> str:
        text = self.texts[key]
        return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], text if isinstance(text, str) else text["other"])

    def press(self, *keys: str) -> Focused:
        for key in keys:
            self.page.keyboard.press(key)
        return self.focused()

    def focused(self) -> Focused:
        it = self.cdp.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
        asked = {"objectId": it, "fetchRelatives": False}
        (node,) = self.cdp.send("Accessibility.getPartialAXTree", asked)["nodes"]
        states = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        told = {name: value for name, value in states.items() if value not in (False, "false", None)}
        role, name, description = (node.get(each, {}).get("value", "") for each in ("role", "name", "description"))
        return Focused(role, name, description, told)

    def tree_size(self) -> int:
        return len(self.cdp.send("Accessibility.getFullAXTree")["nodes"])

    def hear(self, words: str) -> list[str]:
        """Waits until it is said; answers all that was said since the last time, and forgets it."""
        said = "(words) => window.heard.some((each) => each.includes(words))"
        self.page.wait_for_function(said, arg=words, timeout=WAIT_MS)
        return self.heard()

    def heard(self) -> list[str]:
        return list(self.page.evaluate("window.heard.splice(0)"))
