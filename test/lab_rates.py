"""What reaches a browser from the lab's server: lab_rates.py ADDRESS TOKEN. Prints, as JSON, how many lines of 100,000 and how large a figure."""

import json
import sys
import uuid

import requests
import websocket

address, token = sys.argv[1:]
kernel = requests.post(f"{address}/api/kernels", json={"name": "tslab"}, headers={"Authorization": f"token {token}"}, timeout=60).json()["id"]
socket = websocket.create_connection(f"{address.replace('http', 'ws')}/api/kernels/{kernel}/channels?token={token}", timeout=120)


def run(code):
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "s", "date": "", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    socket.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}))
    while True:
        message = json.loads(socket.recv())
        if message["parent_header"].get("msg_id") == header["msg_id"]:
            yield message["msg_type"], message["content"]
            if message["content"].get("execution_state") == "idle":
                return


streams = [content for kind, content in run("for (let i = 0; i < 100_000; i++) console.log(`line ${i} ${'x'.repeat(40)}`);") if kind == "stream"]
text = "".join(content["text"] for content in streams if content["name"] == "stdout")
lines = [line.split(" ")[1] for line in text.splitlines()]
FIGURE = "({ data: [{ y: Array.from({ length: 1_500_000 }, (_, i) => i / 7) }], layout: {} })"
[figure] = [len(json.dumps(content["data"])) for kind, content in run(FIGURE) if kind == "execute_result"]
shown = {"lines": len(lines), "in order": lines == [str(i) for i in range(len(lines))], "stderr": [c["text"] for c in streams if c["name"] == "stderr"]}
print(json.dumps({**shown, "megabytes": figure / 1e6}))
requests.delete(f"{address}/api/kernels/{kernel}", headers={"Authorization": f"token {token}"}, timeout=60)
