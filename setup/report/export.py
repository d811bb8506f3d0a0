"""Writes the report's pages, an executed notebook each, and its first page: export.py JOB.json, which holds

{"folder", "pages": [{"name", "title", "text", "source", "stand_in": text or null}], "index": what page/report.html.j2 takes besides}
"""

import json
import os
import pathlib
import sys

import nbformat
from jinja2 import Environment, FileSystemLoader
from nbconvert import HTMLExporter


def write(file, text):
    temporary = f"{file}.{os.getpid()}.part"
    pathlib.Path(temporary).write_text(text, encoding="utf-8")
    os.replace(temporary, file)


def main():
    job = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    pages, folder, templates = job["pages"], job["folder"], str(pathlib.Path(__file__).parent)
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[templates])
    for before, page, after in zip([None, *pages], pages, [*pages[1:], None]):
        resources = {
            "metadata": {"name": page["title"]},
            "pages": pages,
            "page": page["name"],
            "previous": before,
            "next": after,
            "stand_in": page["stand_in"],
        }
        body, _ = exporter.from_notebook_node(nbformat.read(page["source"], as_version=4), resources=resources)
        for other in pages:  # a link to a notebook leads to its page
            body = body.replace(f'href="{other["name"]}.ipynb"', f'href="{other["name"]}.html"')
        write(f"{folder}/{page['name']}.html", body)
    environment = Environment(loader=FileSystemLoader(f"{templates}/page"), autoescape=True)
    write(f"{folder}/index.html", environment.get_template("report.html.j2").render(pages=pages, **job["index"]))


main()
