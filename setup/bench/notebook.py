"""Runs all cells of a notebook, as JupyterLab does, and prints where the time went, in seconds, as JSON: notebook.py NOTEBOOK

start: until the kernel answers; compiling: TypeScript's checks; first: the first cell without them, which imports and reads the trace;
rest: the other cells without them; figure: from "run all" to the first interactive figure, or null.
"""

import json
import os
import sys
import time

import nbformat
from nbclient import NotebookClient

PLOTLY = "application/vnd.plotly.v1+json"


class Client(NotebookClient):
    figure = None

    def process_message(self, msg, cell, cell_index):
        if self.figure is None and PLOTLY in msg.get("content", {}).get("data", {}):
            self.figure = time.perf_counter()
        return super().process_message(msg, cell, cell_index)


def main(source):
    notebook = nbformat.read(source, as_version=4)
    compiling, cells = [], []

    def on_cell_executed(cell, cell_index, execute_reply):
        told = execute_reply["metadata"].get("tdlgm", {})  # nothing of a cell that failed, which nbclient raises next
        compiling.append(told.get("compiling", 0) / 1000)

    client = Client(
        notebook,
        kernel_name="tslab",
        timeout=600,
        record_timing=False,
        on_cell_executed=on_cell_executed,
        resources={"metadata": {"path": os.getcwd()}},
    )
    began = time.perf_counter()
    with client.setup_kernel():
        started = time.perf_counter()
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            at = time.perf_counter()
            client.execute_cell(cell, index)
            cells.append(time.perf_counter() - at)
    first, rest = cells[0] - compiling[0], sum(cells[1:]) - sum(compiling[1:])
    print(
        json.dumps(
            {
                "start": started - began,
                "compiling": sum(compiling),
                "first": first,
                "rest": rest,
                "figure": client.figure and client.figure - began,
                "all": started - began + sum(cells),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
