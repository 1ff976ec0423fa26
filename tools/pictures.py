"""Take the two pictures that git keeps from the built book: the README's and the one a shared link shows."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from tools import browser, build, site

REPOSITORY = Path(__file__).resolve().parent.parent
LANDING = REPOSITORY / "assets" / "figures" / "landing-page.png"
CARD = REPOSITORY / "book" / "_static" / "social-card.png"

CARD_STYLE = """
body { margin: 0; width: 1200px; height: 630px; overflow: hidden }
.card {
  display: grid; grid-template-columns: 520px 1fr; gap: 40px; align-items: center;
  height: 630px; padding: 0 60px
}
.card p { font-size: 64px; font-weight: 800; line-height: 1.15; margin: 0; color: var(--ink) }
.card svg { width: 100% }
"""


def main(arguments: list[str]) -> None:
    if arguments:
        raise SystemExit("tools pictures takes no arguments.")
    html = build.build()
    with site.serve(html) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser.launch_options())
        page = chromium.new_page(
            viewport={"width": 1280, "height": 900}, color_scheme="light", device_scale_factor=1.5
        )
        page.goto(address, wait_until="networkidle")
        for _ in range(5):
            page.locator(".hill-step").click()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        LANDING.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=LANDING)

        page.close()
        page = chromium.new_page(
            viewport={"width": 1200, "height": 630}, color_scheme="light", bypass_csp=True
        )
        page.goto(address, wait_until="networkidle")
        hill = page.locator(".hill svg").evaluate("(svg) => svg.outerHTML")
        page.evaluate(
            "([card]) => { document.body.innerHTML = card }",
            [
                # Without the book's name, which stands beside it: a fork has another.
                f'<div class="card"><p>Model tuning<br>you can watch</p><div class="hill">{hill}</div></div>'
            ],
        )
        page.add_style_tag(content=CARD_STYLE)
        page.evaluate("document.querySelectorAll('.ahead').forEach((part) => part.classList.remove('ahead'))")
        page.screenshot(path=CARD)
        chromium.close()
    print(f"Pictures: {LANDING.relative_to(REPOSITORY)}, {CARD.relative_to(REPOSITORY)}")
