"""A Jupyter client for test/kernel.test.ts: one JSON request a line in, one JSON answer a line out.

{"op": "run", "codes": [...], "stop_on_error": true}  sends all cells at once; answers with reply and outputs of each
{"op": "interrupt", "code": "...", "after": 0.5}       runs a cell and interrupts it; the same answer, for one cell
{"op": "shutdown"}                                     ends the kernel; answers with its exit code and stderr
"""

import json
import subprocess
import sys
import tempfile
import time

from jupyter_client.manager import KernelManager

OUTPUTS = ("stream", "display_data", "update_display_data", "execute_result", "error", "execute_input")


def collect(client, ids, timeout=60):
    """Replies and outputs of the given requests, until each has its reply and is idle."""
    found = {i: {"reply": None, "outputs": [], "statuses": []} for i in ids}
    end = time.time() + timeout
    waiting = set(ids)
    while waiting:
        if time.time() > end:
            raise TimeoutError(f"{len(waiting)} cells did not end within {timeout} s")
        while client.shell_channel.msg_ready():
            message = client.get_shell_msg(timeout=1)
            if message["parent_header"].get("msg_id") in found:
                found[message["parent_header"]["msg_id"]]["reply"] = message["content"]
        try:
            message = client.get_iopub_msg(timeout=0.1)
        except Exception:
            message = None
        if message and message["parent_header"].get("msg_id") in found:
            cell = found[message["parent_header"]["msg_id"]]
            if message["msg_type"] == "status":
                cell["statuses"].append(message["content"]["execution_state"])
            elif message["msg_type"] in OUTPUTS:
                cell["outputs"].append({"type": message["msg_type"], **message["content"]})
        waiting = {i for i, c in found.items() if c["reply"] is None or "idle" not in c["statuses"]}
    return [found[i] for i in ids]


def main():
    stderr = tempfile.TemporaryFile(mode="w+")
    manager = KernelManager(kernel_name="tslab")
    started = time.time()
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=stderr, cwd=tempfile.gettempdir())
    client = manager.client()
    client.start_channels()
    try:
        serve(manager, client, stderr, started)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def serve(manager, client, stderr, started):
    client.wait_for_ready(timeout=60)
    print(json.dumps({"ready": time.time() - started}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "shutdown":
            client.shutdown(reply=True, timeout=10)
            code = manager.provisioner.process.wait(10)
            stderr.seek(0)
            print(json.dumps({"code": code, "stderr": stderr.read()}), flush=True)
            return
        if request["op"] == "interrupt":
            ids = [client.execute(request["code"])]
            time.sleep(request["after"])
            manager.interrupt_kernel()
            answer = collect(client, ids)[0]
        else:
            stop = request.get("stop_on_error", True)
            answer = collect(client, [client.execute(code, stop_on_error=stop) for code in request["codes"]])
        print(json.dumps(answer), flush=True)


main()
