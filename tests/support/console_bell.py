"""The dialog of the console's bell: what to be told of."""

import re

from playwright.sync_api import Locator, Page, expect


def opened(page: Page, name: str = "Notifications") -> Locator:
    """The dialog with all of its parts, of which the API knows some; in English or Hindi."""
    page.get_by_role("button", name=name).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("group", name=re.compile("By mail|ईमेल से"))).to_be_visible()
    return dialog


def save(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)


def choose_no_desktop(dialog: Locator) -> None:
    dialog.get_by_label("closes in less than").select_option(label="never")
