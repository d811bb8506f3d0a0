"""Executes one notebook and writes it, telling which cell runs: execute.py NOTEBOOK OUTPUT LABEL METADATA

METADATA, as JSON, becomes metadata.tdlgm. Progress goes to standard output, one line a cell. A failing cell ends with code 1 and one sentence that names notebook, cell and error.
"""

import json
import os
import sys
import tempfile
import uuid

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from traitlets.config import Config

# By sockets that have names of their own: two kernels that start at once are sometimes told the same port.
SOCKETS = Config({"KernelManager": {"transport": "ipc", "ip": f"@tdlgm-{uuid.uuid4()}"}})
CELL_SECONDS = int(os.environ.get("TDLGM_CELL_SECONDS", "3600"))


def main(source, output, label, metadata):
    notebook = nbformat.read(source, as_version=4)
    numbers = {}  # index of a cell -> its number among the code cells
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip():
            numbers[index] = len(numbers) + 1
    last = 0

    def on_cell_execute(cell, cell_index):
        nonlocal last
        if cell_index not in numbers:
            return
        last = numbers[cell_index]
        first_line = cell.source.strip().splitlines()[0][:80]
        print(f"{label}: cell {last} of {len(numbers)}: {first_line}", flush=True)

    client = NotebookClient(
        notebook,
        config=SOCKETS,
        kernel_name="tslab",
        timeout=CELL_SECONDS,
        startup_timeout=60,
        record_timing=False,
        store_widget_state=False,
        on_cell_execute=on_cell_execute,
        resources={"metadata": {"path": os.getcwd()}},
    )
    log = tempfile.TemporaryFile("w+")  # the kernel's own stderr: it tells at shutdown of what no cell could show
    try:
        with client.setup_kernel(stderr=log):
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
            # What the last cell left behind shows at the next one: an empty one asks for it.
            notebook.cells.append(nbformat.v4.new_code_cell("void 0"))
            client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
            notebook.cells.pop()
    except CellExecutionError as error:
        return fail(label, last, f"{error.ename}: {error.evalue}", error.traceback)
    except CellTimeoutError:
        return fail(label, last, f"it took longer than {CELL_SECONDS} s", "")
    except DeadKernelError:
        return fail(label, last, "the kernel died", said(log))
    late = said(log)
    if "TypeScript kernel: after the last cell" in late:
        return fail(label, last, "it left an error behind, which came after its end", late)
    CoalesceStreamsPreprocessor().preprocess(notebook, {})
    notebook.metadata["tdlgm"] = json.loads(metadata)
    temporary = f"{output}.{os.getpid()}.part"
    nbformat.write(notebook, temporary)
    os.replace(temporary, output)
    return 0


def said(log):
    log.seek(0)
    return log.read()


def fail(label, cell, reason, details):
    if details:
        print(details, file=sys.stderr)
    print(f"{label}: cell {cell} failed: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
