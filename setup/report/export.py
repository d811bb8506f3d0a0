"""Writes executed notebooks as pages: export.py JOB.json, which holds
{"pages": [{"name", "title", "source", "target", "stand_in": text or null}]}
"""

import json
import os
import pathlib
import sys

import nbformat
from nbconvert import HTMLExporter


def main():
    job = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    pages = job["pages"]
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(pathlib.Path(__file__).parent)])
    for index, page in enumerate(pages):
        resources = {
            "metadata": {"name": page["title"]},
            "pages": [{"name": p["name"], "title": p["title"]} for p in pages],
            "page": page["name"],
            "previous": pages[index - 1] if index > 0 else None,
            "next": pages[index + 1] if index + 1 < len(pages) else None,
            "stand_in": page["stand_in"],
        }
        notebook = nbformat.read(page["source"], as_version=4)
        body, _ = exporter.from_notebook_node(notebook, resources=resources)
        for other in pages:  # a link to a notebook leads to its page
            body = body.replace(f'href="{other["name"]}.ipynb"', f'href="{other["name"]}.html"')
        temporary = page["target"] + ".part"
        pathlib.Path(temporary).write_text(body, encoding="utf-8")
        os.replace(temporary, page["target"])


main()
