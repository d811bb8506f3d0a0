"""JupyterLab's settings (npm start): a saved notebook holds a still image of every figure, so that it has pictures where no Plotly is
(nbconvert, GitHub), and of a figure that draws the trace nothing else. Of a live output it holds what stands for it, the figure of the values
that its controls have then: a view without the kernel that answered it would be dead. The reader's own window keeps it alive. What a cell
prints reaches the browser whole, however fast it comes.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "setup" / "stills.mjs"
LIVE = ROOT / ".local" / "live"  # what stood in live outputs when a control was last moved, by setup/kernel/kept.cjs
LIVE_DAYS = 7  # what is older belongs to no window that is open
PLOTLY = "application/vnd.plotly.v1+json"
EXPLORE = "application/vnd.tdlgm.explore+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
drawn = {}  # by a hash of the figure: the browser's copy of a notebook never has them


def last_seen(view):
    """What stood in a live output, as { data, metadata }: nothing if no control was moved."""
    model_id = str(view.get("model_id"))
    try:
        return json.loads((LIVE / f"{model_id}.json").read_text()) if re.fullmatch("[0-9a-f]{32}", model_id) else {}
    except FileNotFoundError:
        return {}


def figure_of(output):
    """What stills.mjs draws of an output."""
    data = output.get("data", {})
    return {"explore": data[EXPLORE]} if EXPLORE in data else data.get(PLOTLY)


def add_stills(model, contents_manager, **_):
    """Before a notebook is saved. If the images can't be drawn it is saved without, and the log says why."""
    if model.get("type") != "notebook" or not model.get("content"):
        return
    for cell in model["content"]["cells"]:
        for output in cell.get("outputs", []):
            if WIDGET_VIEW in output.get("data", {}):
                output.update(last_seen(output["data"].pop(WIDGET_VIEW)))
    model["content"]["metadata"].pop("widgets", None)
    outputs = [output for cell in model["content"]["cells"] for output in cell.get("outputs", []) if figure_of(output)]
    keys = [hashlib.sha256(json.dumps(figure_of(output)).encode()).hexdigest() for output in outputs]
    with_keys = list(zip(keys, outputs))
    wanted = {key: figure_of(output) for key, output in with_keys if "image/png" not in output["data"] and key not in drawn}
    try:
        if wanted:
            ran = subprocess.run(["node", PROGRAM], input=json.dumps(wanted), capture_output=True, text=True, timeout=60, check=True)
            drawn.update(json.loads(ran.stdout))
    except Exception as error:
        contents_manager.log.warning("No still images in this notebook: %s %s", error, getattr(error, "stderr", ""))
    for key, output in with_keys:
        data = output["data"]
        if key in drawn:
            data.setdefault("image/png", drawn[key])
        if "image/png" in data and output.get("metadata", {}).get("tdlgm", {}).get("series"):
            data.pop(PLOTLY, None)


for still in LIVE.glob("*.json"):
    if still.stat().st_mtime < time.time() - LIVE_DAYS * 86400:
        still.unlink(missing_ok=True)
c.ContentsManager.pre_save_hook = add_stills  # noqa: F821, `c` is Jupyter's
c.ZMQChannelsWebsocketConnection.limit_rate = False  # noqa: F821, the kernel itself waits for what is on its way
