"""A live cell as a reader meets it: what can be pressed, written and read."""

import re

from playwright.sync_api import Locator, Page, expect

PAGE = "/tests/live.html"
LONG = 60_000  # milliseconds: Python starts slowly where several tests share two cores


class LiveCell:
    def __init__(self, place: Locator) -> None:
        self.place = place
        self.bar = place.get_by_role("group", name=re.compile("Controls of cell"))
        self.run = self.bar.get_by_role("button", name="Run code")
        self.stop = self.bar.get_by_role("button", name="Stop")
        self.above = self.bar.get_by_role("button", name="Run all above")
        self.reset = self.bar.get_by_role("button", name="Reset code")
        self.where = self.bar.get_by_role("button", name=re.compile("^Runs|^Choose where"))
        self.status = self.bar.get_by_role("status")
        self.words = place.locator(".live-words")
        self.code = place.get_by_role("textbox")
        self.ours = place.get_by_role("region", name=re.compile("Our result"))
        self.yours = place.get_by_role("region", name=re.compile("Your result"))
        self.swap = place.get_by_role("button", name=re.compile("^Show (our|your) result"))

    def write(self, code: str) -> "LiveCell":
        self.code.click()
        self.code.fill(code)
        return self

    def start(self) -> "LiveCell":
        self.run.click()
        return self

    def ended(self) -> "LiveCell":
        expect(self.place.locator(".live-run")).to_have_attribute("aria-disabled", "false", timeout=LONG)
        return self

    def finish(self, code: str | None = None) -> "LiveCell":
        """Write ``code``, if given, run it and wait for its end."""
        if code is not None:
            self.write(code)
        return self.start().ended()

    @property
    def output(self) -> str:
        return self.place.locator(".live-output").inner_text()


def cells(page: Page) -> list[LiveCell]:
    page.locator(".cell.live").first.wait_for()
    return [LiveCell(place) for place in page.locator(".cell.live").all()]


def open_cells(page: Page, site: str, path: str = PAGE) -> list[LiveCell]:
    page.goto(site + path)
    return cells(page)
