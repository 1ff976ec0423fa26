"""The site around the chapters: what every page's template needs, and which files a page loads.

A page loads the tokens, the site's own style and script, and what its content asks for with
``need(app, docname, ...)``; nothing that another extension offers to every page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import yaml
from docutils import nodes
from execution_cache import content_hash
from sphinx.application import Sphinx
from sphinx.config import Config

import lab

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT_ASSETS = REPOSITORY / "_build" / "assets"

# What a reader can choose for every page, and its values; as the buttons and site.css name them.
READING = {"theme": ["light", "dark"], "size": ["larger", "largest"], "spacing": ["wide"]}
# Set before the first paint, so that a reader who chose dark never sees a white flash, nor text that grows.
# Browsers run no modules that were opened from a folder, and old ones do not know all that ours use.
THEME_SCRIPT = (
    "{const r=document.documentElement;"
    "let c='from-file';"
    "if(location.protocol!=='file:')try{new RegExp('(?<=a)');structuredClone;c='js'}catch(e){c='old'}"
    "r.classList.add(c);"
    f"try{{for(const [n,all] of Object.entries({json.dumps(READING, separators=(',', ':'))})){{"
    "const v=localStorage.getItem('downhill-'+n);if(all.includes(v))r.dataset[n]=v}}catch(e){}}"
)

# The steps in site.css that the letters of the wordmark, the book's title, go down.
STEPS_OF_WORDMARK = 6

STATIC = REPOSITORY / "book" / "_static"
NOT_FOUND = "404"
OWN_PAGES = {"search": "Search", NOT_FOUND: "This page is not here"}
OWN_STYLES = ["tokens.css", "site.css"]
# Widgets that start Python, or try out what it needs: their pages stand under the policy of live cells.
USE_PYTHON = {"widgets/test-this-laptop.js", "widgets/own-run.js"}
# What a page is made of besides its chapter, and what decides which servers live_cells offers.
INGREDIENTS = (
    *("book/_static", "book/_templates", "book/_ext", "assets", "lab", "_build/assets"),
    *("binder", ".devcontainer", "tools/notebooks.py", "CITATION.cff"),
)


def need(app: Sphinx, docname: str, *files: str) -> None:
    """Have ``docname`` load these files of ``_static`` (style sheets and ES modules), in this order."""
    needed: dict[str, list[str]] = app.env.downhill_needed
    needed[docname] = list(dict.fromkeys([*needed.get(docname, []), *files]))


def script_hash(script: str) -> str:
    """The Content-Security-Policy source that allows exactly this inline script."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def security_policy(*, live: bool) -> str:
    """The page's Content-Security-Policy; one with live cells may compile WebAssembly and start a worker.

    A worker made from a small blob inherits the policy of its page. Any https server may be contacted because
    the reader may choose any Jupyter server; nothing is contacted before.
    """
    loopback = " ".join(
        f"{scheme}://{host}:*" for host in ("127.0.0.1", "localhost") for scheme in ("http", "ws")
    )
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' {script_hash(THEME_SCRIPT)}" + (" 'wasm-unsafe-eval'" if live else ""),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:" if live else "'self'",
        "connect-src": f"'self' https: wss: {loopback}" if live else "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def configure(app: Sphinx, config: Config) -> None:
    # Jupyter Book puts every style sheet and script below _static on every page; pages here ask for theirs.
    config.html_css_files = []
    config.html_js_files = []
    config.html_additional_pages = {page: f"{page}.html" for page in OWN_PAGES}
    # Where the site will stand, if that is known: links that must be whole are made from it.
    config.html_baseurl = os.environ.get("DOWNHILL_BASE_URL", config.html_baseurl)
    # Jupyter Book sets the title alone; pages and the inventory are named by the project.
    config.project = config.html_title
    config.katex_prerender = True
    config.katex_js_path = str(REPOSITORY / "node_modules" / "katex" / "dist" / "katex.js")


def add_built_assets(app: Sphinx) -> None:
    # After Jupyter Book has looked for scripts to include, so that these are copied and not included.
    app.config.html_static_path.append(str(BUILT_ASSETS))
    if not hasattr(app.env, "downhill_needed"):
        app.env.downhill_needed = {}


def outdated(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Every page, if a template, style, script, extension or stored run has changed since the last build.

    Sphinx looks at the chapters alone, and would leave old pages and old static files in place.
    """
    before, env.downhill_stamp = getattr(env, "downhill_stamp", None), content_hash(*INGREDIENTS)
    return [] if before in (None, env.downhill_stamp) else sorted(env.found_docs)


def forget(app: Sphinx, env: Any, docname: str) -> None:
    env.downhill_needed.pop(docname, None)


def page_context(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    needed = app.env.downhill_needed.get(pagename, [])
    body = tidy(context.get("body", ""))
    if 'class="katex' in body:
        needed = ["katex/katex.min.css", *needed]
    if 'class="chart"' in body:
        needed = [*needed, "widgets/chart.css", "widgets/chart.js"]
    live = "live_config" in context
    if live:
        needed = [*needed, "live/live.css", "live/cells.js"]
    title = re.sub("<.*?>", "", context.get("title") or OWN_PAGES[pagename])
    root = pagename == app.config.root_doc
    project = html.escape(app.config.project)
    settings = app.config.downhill
    if pagename == NOT_FOUND:
        context["base"] = urlsplit(app.config.html_baseurl).path.removesuffix("/") + "/"
    context |= {
        # With a base, an address that is only a place on this page would count from there.
        "here": f"{NOT_FOUND}.html" if pagename == NOT_FOUND else "",
        "body": body,
        # A chapter's title is HTML already.
        "page_title": f"{project}: model tuning you can watch" if root else f"{title} · {project}",
        "description": (summary(doctree) if doctree is not None and not root else "")
        or settings["description"],
        "security_policy": security_policy(live=live or not USE_PYTHON.isdisjoint(needed)),
        "theme_script": THEME_SCRIPT,
        "wordmark": [(letter, min(at, STEPS_OF_WORDMARK)) for at, letter in enumerate(app.config.project)],
        "stylesheets": [*OWN_STYLES, *(file for file in needed if file.endswith(".css"))],
        "modules": [file for file in needed if file.endswith(".js")],
        "part": part_of(app, pagename),
        "contents": contents(context),
        "mistake": mistake(app, title, f"{pagename}.html", body),
        "card_url": absolute(app, "_static/social-card.png")
        or context["pathto"]("_static/social-card.png", 1),
        "paper": paper(),
        "copyright": app.config.copyright,
        "author": app.config.author,
        "based_on": based_on(app.config.project, app.config.author),
        "asset": lambda file: f"{context['pathto']('_static/' + file, 1)}?v={app.downhill_versions.of(file)}",
    }


def mistake(app: Sphinx, title: str, page: str, body: str) -> str:
    """Where a reader reports a mistake: a link with the page, and what it held, filled in.

    ``contact`` is an e-mail address or the address of a page; without it, the repository's own issues.
    """
    settings = app.config.downhill
    contact, repository = settings.get("contact", ""), settings.get("repository", "")
    subject = f"{app.config.project}: a mistake on “{html.unescape(title)}”"
    content = hashlib.sha256(body.encode()).hexdigest()[:8]
    text = f"Page: {page}\nVersion: {lab.__version__}, {content}\n\nWhat is wrong:\n"
    if "@" in contact and ":" not in contact:
        return f"mailto:{quote(contact, safe='@')}?subject={quote(subject)}&body={quote(text)}"
    if contact:
        return str(contact)
    if repository:
        return f"https://github.com/{repository}/issues/new?title={quote(subject)}&body={quote(text)}"
    return ""


def based_on(title: str, author: str) -> str:
    """The credit that the licence asks of a fork, as CITATION.cff has it; nothing in the book itself."""
    cited = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text("utf-8"))
    names = [one.get("name") or f"{one['given-names']} {one['family-names']}" for one in cited["authors"]]
    original = cited["title"].partition(":")[0]
    return "" if (title, author) == (original, names[0]) else f"“{original}” by {', '.join(names)}"


def absolute(app: Sphinx, path: str) -> str:
    """The address of a file on the published site, or nothing while nobody has said where that is."""
    base = app.config.html_baseurl
    return f"{base.removesuffix('/')}/{path}" if base else ""


def paper() -> list[tuple[str, str]]:
    """The page's background in light and in dark, as the tokens have it, for the browser's own frame."""
    found = re.search(r"--paper: light-dark\((.+?), (.+?)\)", (STATIC / "tokens.css").read_text("utf-8"))
    if not found:
        raise ValueError("book/_static/tokens.css: --paper must be light-dark(a colour, a colour)")
    return list(zip(("light", "dark"), found.groups(), strict=True))


def tidy(body: str) -> str:
    """Small repairs to docutils' HTML: links that say what they do, tables that scroll without their page."""
    body = re.sub(
        r'class="headerlink"([^>]*) title="[^"]*"',
        r'class="headerlink"\1 aria-label="Link to this section"',
        body,
    )
    # A fold's summary may hold words, not paragraphs, and its words are its name.
    fold = (
        r'<summary aria-label="[^"]*">\s*<p class="collapsed[^>]*>(.*?)</p>\s*'
        r'<p class="expanded[^>]*>(.*?)</p>\s*</summary>'
    )
    folded = r'<summary><span class="collapsed">\1</span><span class="expanded">\2</span></summary>'
    body = re.sub(fold, folded, body, flags=re.S).replace('class="admonition hide', 'class="hide')
    return re.sub(
        r'(?<!class="table-scroll">)(<table\b.*?</table>)',
        r'<div class="table-scroll">\1</div>',
        body,
        flags=re.S,
    )


def summary(doctree: nodes.document) -> str:
    """The chapter's first paragraph, cut at 160 characters: what a search engine and a shared link show."""
    paragraph = next(iter(doctree.findall(nodes.paragraph)), None)
    text = " ".join(paragraph.astext().split()) if paragraph else ""
    return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + " …"


def part_of(app: Sphinx, pagename: str) -> str:
    """The caption of the part that a chapter stands in, as in _toc.yml."""
    for toc in app.env.tocs.get(app.config.root_doc, nodes.bullet_list()).findall(
        lambda node: node.tagname == "toctree"
    ):
        if pagename in toc.get("includefiles", []):
            return html.escape(toc.get("caption") or "")
    return ""


def contents(context: dict[str, Any]) -> str:
    """The page's sections as a list of links, where there are at least two."""
    toc = context.get("toc", "")
    inner = re.search(r"<ul>.*?<li>.*?(<ul>.*</ul>)\s*</li>\s*</ul>", toc, re.S)
    return inner[1] if inner and inner[1].count("<li>") > 1 else ""


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("downhill", {}, "html")
    # Jupyter Book sets this for an extension that is not on our list.
    app.add_config_value("comments_config", {}, "")
    app.connect("config-inited", configure, priority=900)
    app.connect("builder-inited", add_built_assets)
    app.connect("env-get-outdated", outdated)
    app.connect("env-purge-doc", forget)
    app.connect("html-page-context", page_context, priority=900)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
