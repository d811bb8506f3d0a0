"""Runs a cell in a new kernel, as a notebook's first, and prints the milliseconds of kernel and cell as JSON: first_cell.py CODE"""

import json
import sys
import time

from jupyter_client.manager import start_new_kernel

began = time.perf_counter()
manager, client = start_new_kernel(kernel_name="tslab")
started = time.perf_counter()
reply = client.execute_interactive(sys.argv[1], output_hook=lambda message: None, timeout=600)["content"]
ended = time.perf_counter()
client.stop_channels()
manager.shutdown_kernel(now=True)
if reply["status"] != "ok":
    sys.exit("\n".join(reply["traceback"]))
print(json.dumps({"kernel": 1e3 * (started - began), "cell": 1e3 * (ended - started)}))
