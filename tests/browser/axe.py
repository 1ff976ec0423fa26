"""What axe finds on a page as it stands, in both colour schemes."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1280, 390)
# `preload` fetches style sheets again, for an experimental rule that is off.
OPTIONS = "resultTypes: ['violations'], preload: false"


def violations(page: Page, within: str = "html") -> list[str]:
    """One line for each fault inside ``within``, a selector; of the dark scheme only its contrasts."""
    # Through the debugger, since the page's own policy forbids scripts that are not the site's.
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text("utf-8"))
    # What scrolls becomes a stop of the Tab key once it is laid out in its own typeface.
    page.evaluate(
        "() => document.fonts.ready.then(() => new Promise((done) => "
        "requestAnimationFrame(() => requestAnimationFrame(done))))"
    )
    found = []
    for scheme, rules in (("dark", "runOnly: ['color-contrast']"), ("light", "")):
        # Colours that are on their way from one to the other are no fault.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [
            f"{scheme}: {fault['id']} ({fault['impact']}): {node['target']} {node['html'][:160]}"
            for fault in page.evaluate(
                f"(within) => axe.run(within, {{ {OPTIONS}, {rules} }}).then((result) => result.violations)",
                within,
            )
            for node in fault["nodes"]
        ]
    return found
