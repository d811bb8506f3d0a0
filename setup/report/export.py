"""Writes the report's pages, an executed notebook each, and its first page: export.py JOB.json, which holds

{"folder", "pages": [{"name", "title", "text", "source", "figures": {cell id: [number]}, "stand_in": text or null}],
"index": what page/report.html.j2 takes besides; its "about" and "verdict" are Markdown}

No text executes anything in a page: HTML is cleaned by bleach, and the pages' policy allows the report's own scripts only.
"""

import json
import os
import pathlib
import re
import sys
from urllib.parse import quote

import bleach
import nbformat
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import markdown2html_mistune

TAGS = {
    *("a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li").split(),
    *("ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var").split(),
}
STYLES = CSSSanitizer(
    allowed_css_properties=[
        *ALLOWED_CSS_PROPERTIES,
        *("padding margin border border-collapse border-radius max-width min-width font-variant-numeric display background opacity gap").split(),
    ]
)


def allowed(tag, name, value):
    if tag == "a" and name == "href":
        return not re.match(r"\s*data:", value, re.IGNORECASE)
    if tag == "img" and name == "src":
        return re.match(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]", value) is not None
    if name == "style":
        return not re.search(r"url|image|\\", value, re.IGNORECASE)
    return name in {"class", "id", "style", "title", "role", "alt", "width", "height", "colspan", "rowspan", "scope", "align", "aria-label"}


def clean(html):
    """HTML that executes nothing and asks nothing of the network; a number stays on a line with its ± and what follows."""
    html = html.decode() if isinstance(html, bytes) else str(html)
    html = bleach.clean(html, tags=TAGS, attributes=allowed, protocols={"http", "https", "mailto", "data"}, css_sanitizer=STYLES)
    return re.sub(r"(?<=[\d.)]) ± (?=[\d.])", "\u00a0±\u00a0", html)


SHOWN = {*("text/html text/markdown text/plain text/latex image/png image/jpeg image/svg+xml").split()}
PLOTLY = "application/vnd.plotly.v1+json"
NAME = re.compile(r"[\w-]+")


def tamed(notebook):
    """A notebook with the kinds of cells, outputs and metadata that a page shows, each of its own type. Templates take names and numbers as
    they are, so that no other text may stand there."""
    language = notebook.metadata.get("language_info", {}).get("name", "typescript")
    notebook.metadata = nbformat.from_dict({"language_info": {"name": language if isinstance(language, str) and NAME.fullmatch(language) else "text"}})
    for i, cell in enumerate(notebook.cells):
        known = {name: cell[name] for name in ("cell_type", "source", "outputs", "attachments") if name in cell}
        name = str(cell.get("id", ""))
        notebook.cells[i] = nbformat.from_dict({**known, "id": name if NAME.fullmatch(name) else f"cell-{i}", "metadata": {}, **counted(cell)})
        if "outputs" in cell:
            notebook.cells[i].outputs = [tamed_output(output) for output in cell.outputs]
    return notebook


def counted(thing):
    count = thing.get("execution_count")
    return {"execution_count": count if isinstance(count, int) else None} if "execution_count" in thing else {}


def tamed_output(output):
    kind = output.output_type
    if kind == "stream":
        return nbformat.from_dict({"output_type": kind, "name": "stderr" if output.name == "stderr" else "stdout", "text": str(output.text)})
    if kind == "error":
        lines = [str(line) for line in output.traceback]
        return nbformat.from_dict({"output_type": kind, "ename": str(output.ename), "evalue": str(output.evalue), "traceback": lines})
    data = {kind: text for kind, text in output.data.items() if kind in SHOWN and isinstance(text, str)}
    figure = output.data.get(PLOTLY)
    if isinstance(figure, dict) and isinstance(figure.get("data"), list) and isinstance(figure.get("layout", {}), dict):
        data[PLOTLY] = {"data": figure["data"], "layout": figure.get("layout", {})}
    known = output.metadata.get("tdlgm")
    metadata = {"tdlgm": {"alt": str(known.get("alt", ""))}} if isinstance(known, dict) else {}
    return nbformat.from_dict({"output_type": kind, "data": data, "metadata": metadata, **counted(output)})


def nobreak(text):
    """The same for a text of a results table, its characters unchanged."""
    parts = re.split(r"([^\s(]+ ± [^\s)]+)", str(text))
    return Markup("").join(Markup('<span class="nobreak">{}</span>').format(part) if i % 2 else escape(part) for i, part in enumerate(parts))


def write(file, text):
    temporary = f"{file}.{os.getpid()}.part"
    pathlib.Path(temporary).write_text(text, encoding="utf-8")
    os.replace(temporary, file)


def main():
    job = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    pages, folder, templates = job["pages"], job["folder"], str(pathlib.Path(__file__).parent)

    def to_pages(html):
        """A link to a notebook leads to its page."""
        for page in pages:
            html = re.sub(rf'href="(?:notebooks/)?{re.escape(quote(page["name"]))}\.ipynb(?=["#])', lambda _, page=page: f'href="{quote(page["name"])}.html', html)
        return html

    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[templates], sanitize_html=True)
    exporter.register_filter("clean_html", clean)
    for before, page, after in zip([None, *pages], pages, [*pages[1:], None]):
        resources = {
            "metadata": {"name": page["title"]},
            "pages": pages,
            "page": page["name"],
            "figures": page["figures"],
            "previous": before,
            "next": after,
            "stand_in": page["stand_in"],
        }
        body, _ = exporter.from_notebook_node(tamed(nbformat.read(page["source"], as_version=4)), resources=resources)
        write(f"{folder}/{page['name']}.html", to_pages(body))
    environment = Environment(loader=FileSystemLoader(f"{templates}/page"), autoescape=True)
    environment.filters["nobreak"] = nobreak
    environment.filters["markdown"] = lambda text: Markup(to_pages(clean(markdown2html_mistune(text))))
    write(f"{folder}/index.html", environment.get_template("report.html.j2").render(pages=pages, **job["index"]))


main()
