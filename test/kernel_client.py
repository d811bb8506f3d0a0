"""A Jupyter client for test/kernel-client.ts: kernel_client.py [FOLDER OF THE NOTEBOOK]. One JSON request a line in, one JSON answer a line out.

{"op": "run", "codes": [...], "stop_on_error": true}  sends all cells at once; answers with reply and outputs of each
{"op": "run", ..., "headless": true}                   as nbconvert and papermill, behind which nobody sits
{"op": "interrupt", "code": "...", "after": 0.5}       runs a cell and interrupts it; the same answer, for one cell
{"op": "run", ..., "linger": 0.5}                      also what the cells print within that time after their end
{"op": "exchange", "type": "comm_msg", "content": {...}, "metadata": {}, "buffers": [base64], "linger": 0.1}
                                                      sends a message; answers with its id and all that comes on iopub until it is idle, and within that time after
{"op": "start", "code": "..."}                          begins a cell; answers with its id
{"op": "signal"}                                       interrupts the kernel between two cells
{"op": "complete" or "inspect", "code": "...", "at": 7}  the reply's content
{"op": "memory"}                                       the kernel's resident memory in MB
{"op": "shutdown"}                                     ends the kernel; answers with its exit code and stderr
"""

import base64
import json
import subprocess
import sys
import tempfile
import time
import uuid

from jupyter_client.manager import KernelManager

CELL_SECONDS = 60
OUTPUTS = ("stream", "display_data", "update_display_data", "execute_result", "error", "execute_input")


def collect(client, ids, timeout=CELL_SECONDS, linger=0):
    """Replies and outputs of the given requests, until each has its reply and is idle, and `linger` seconds longer."""
    found = {i: {"reply": None, "outputs": [], "statuses": []} for i in ids}
    end = time.time() + timeout
    waiting = set(ids)
    until = time.time()
    while waiting or time.time() < until:
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
        if waiting:
            waiting = {i for i, c in found.items() if c["reply"] is None or "idle" not in c["statuses"]}
            until = time.time() + linger
    return [found[i] for i in ids]


def exchange(client, kind, content, metadata, buffers, linger):
    """All messages on iopub after a message of any kind, each with the id of what it follows from."""
    message = client.session.msg(kind, content, metadata=metadata)
    client.session.send(client.shell_channel.socket, message, buffers=[base64.b64decode(buffer) for buffer in buffers])
    heard, end, until = [], time.time() + CELL_SECONDS, None
    while until is None or time.time() < until:
        if time.time() > end:
            raise TimeoutError(f"{kind} is not answered within {CELL_SECONDS} s")
        try:
            got = client.get_iopub_msg(timeout=0.05)
        except Exception:
            continue
        parent = got["parent_header"].get("msg_id")
        bits = [base64.b64encode(bytes(buffer)).decode() for buffer in got["buffers"]]
        heard.append({"type": got["msg_type"], "content": got["content"], "metadata": got["metadata"], "buffers": bits, "parent": parent})
        if got["msg_type"] == "status" and parent == message["msg_id"] and got["content"]["execution_state"] == "idle":
            until = time.time() + linger
    replies = []
    while client.shell_channel.msg_ready():
        reply = client.get_shell_msg(timeout=1)
        if reply["parent_header"].get("msg_id") == message["msg_id"]:
            replies.append(reply["content"])
    return {"id": message["msg_id"], "messages": heard, "replies": replies}


def main():
    stderr = tempfile.TemporaryFile(mode="w+")
    # By sockets that have names of their own: two kernels that start at once are sometimes told the same port.
    manager = KernelManager(kernel_name="tslab", transport="ipc", ip=f"@tdlgm-{uuid.uuid4()}")
    started = time.time()
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=stderr, cwd=sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir())
    client = manager.client()
    client.start_channels()
    try:
        serve(manager, client, stderr, started)
    except Exception:
        stderr.seek(0)
        print(f"the kernel's exit code: {manager.provisioner.process.poll()}, its stderr: {stderr.read()}", file=sys.stderr)
        raise
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
        if request["op"] in ("complete", "inspect"):
            ask = client.complete if request["op"] == "complete" else client.inspect
            answer = ask(request["code"], request["at"], reply=True, timeout=60)["content"]
        elif request["op"] == "memory":
            with open(f"/proc/{manager.provisioner.process.pid}/status") as status:
                answer = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))
        elif request["op"] == "exchange":
            parts = [request["type"], request["content"], request.get("metadata", {}), request.get("buffers", [])]
            answer = exchange(client, *parts, request.get("linger", 0.1))
        elif request["op"] == "start":
            answer = client.execute(request["code"], allow_stdin=False)
        elif request["op"] == "signal":
            manager.interrupt_kernel()
            answer = None
        elif request["op"] == "interrupt":
            ids = [client.execute(request["code"])]
            time.sleep(request["after"])
            manager.interrupt_kernel()
            answer = collect(client, ids)[0]
        else:
            stop = request.get("stop_on_error", True)
            asks = not request.get("headless", False)
            ids = [client.execute(code, stop_on_error=stop, allow_stdin=asks) for code in request["codes"]]
            answer = collect(client, ids, linger=request.get("linger", 0))
        print(json.dumps(answer), flush=True)


main()
