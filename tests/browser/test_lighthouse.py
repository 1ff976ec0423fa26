"""Lighthouse's full marks for accessibility, best practices and SEO, on a page of every kind, as on a phone.

Nothing is slowed down: these marks do not depend on time. Speed has a target of its own, `tools lighthouse`.
That this machine's address has no HTTPS costs nothing, since browsers trust it as they trust HTTPS; and
without a base address no page names a canonical one, so that audit does not apply.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tools import lighthouse

CATEGORIES = ("accessibility", "best-practices", "seo")
# No search engine should list these, so the audit of just that fails, and costs them 40 points.
NOT_LISTED = ("search", "not found")


@pytest.fixture(scope="module")
def results(site):
    # Shorter pauses than Lighthouse's own, which are for measurements.
    quick = {
        "pauseAfterFcpMs": 0,
        "pauseAfterLoadMs": 0,
        "networkQuietThresholdMs": 300,
        "cpuQuietThresholdMs": 300,
    }
    addresses = {kind: f"{site}/{page}" for kind, page in lighthouse.KINDS.items()}

    def look(kinds):
        return dict(
            zip(kinds, lighthouse.run([addresses[kind] for kind in kinds], CATEGORIES, **quick), strict=True)
        )

    kinds = list(lighthouse.KINDS)
    with ThreadPoolExecutor(2) as both:
        return {
            kind: result
            for half in both.map(look, (kinds[::2], kinds[1::2]))
            for kind, result in half.items()
        }


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", lighthouse.KINDS)
def test_it_finds_nothing_to_mend(results, kind):
    failures = results[kind]["failures"]
    if kind in NOT_LISTED:
        assert [failure["audit"] for failure in failures] == ["is-crawlable"]
        failures = []
    assert failures == []
    for category in CATEGORIES:
        if not (kind in NOT_LISTED and category == "seo"):
            assert results[kind]["scores"][category] == 100
