// Jupyter's widget protocol 2.1: models whose state is the same here and in every client, with its binary parts beside it. What a client
// changes is told to all (echo_update), so that each knows which of its own moves have arrived.
"use strict";
const { setImmediate } = require("node:timers"); // not those of timers.cjs, which stop with a cell
const { describe } = require("./errors.cjs");
const { Kept } = require("./kept.cjs");

/** @typedef {import("./messages.cjs").Message} Message */
/** @typedef {import("./cells.cjs").Cell} Cell */
/** @typedef {import("./comms.cjs").Comm} Comm */
/** @typedef {Record<string, unknown>} State */
/** @typedef {(string | number)[]} Path  of a binary part in a state */
/**
 * What hears a model.
 * @typedef {object} Listener
 * @property {(changed: string[]) => unknown} [change] names of what a client changed, several changes at once if they come fast
 * @property {(content: unknown, buffers: Uint8Array[]) => unknown} [message] a `custom` message
 */

const TARGET = "jupyter.widget";
const CONTROL = "jupyter.widget.control";
const VERSION = "2.1.0";

/** @param {unknown} value @returns {value is ArrayBuffer | ArrayBufferView} */
const isBinary = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/**
 * A copy of a state without its binary parts, and where they were: an object lacks them, a list has null in their place.
 * @param {unknown} value
 * @param {Path} [at]
 * @param {{ buffer_paths: Path[], buffers: Uint8Array[] }} [parts]
 * @returns {{ state: any, buffer_paths: Path[], buffers: Uint8Array[] }}
 */
function withoutBuffers(value, at = [], parts = { buffer_paths: [], buffers: [] }) {
  /** @type {(part: unknown, key: string | number) => unknown} */
  const inner = (part, key) => {
    if (!isBinary(part)) return withoutBuffers(part, [...at, key], parts).state;
    parts.buffer_paths.push([...at, key]);
    const bytes = part instanceof ArrayBuffer ? new Uint8Array(part) : new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    parts.buffers.push(bytes.slice());
    return Array.isArray(value) ? null : undefined;
  };
  if (Array.isArray(value)) return { state: value.map(inner), ...parts };
  if (typeof value !== "object" || value === null || "toJSON" in value) return { state: value, ...parts };
  return { state: Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part, key)])), ...parts };
}

/** @param {any} state @param {Path[]} paths @param {Uint8Array[]} buffers */
function putBuffers(state, paths, buffers) {
  for (const [i, path] of paths.entries()) {
    const last = /** @type {string | number} */ (path[path.length - 1]);
    const holder = path.slice(0, -1).reduce((part, key) => part[key], state);
    holder[last] = buffers[i];
  }
}

/** One model. */
class Model {
  /** @type {Set<string>} what clients changed since the listener was last called */
  #changed = new Set();

  /** @param {Widgets} widgets @param {Comm} comm @param {State} state @param {Cell | null} cell its own @param {Listener} listener */
  constructor(widgets, comm, state, cell, listener) {
    this.widgets = widgets;
    this.comm = comm;
    this.state = state;
    this.cell = cell;
    this.listener = listener;
    comm.listener = { message: (heard) => this.#hear(heard), closed: () => widgets.models.delete(comm.id) };
    widgets.models.set(comm.id, this);
  }

  get id() {
    return this.comm.id;
  }

  /** Changes the state here and in all clients. @param {State} changes */
  set(changes) {
    Object.assign(this.state, changes);
    if (this.widgets.models.has(this.id)) this.#tell("update", changes, this.#parent());
  }

  /** A `custom` message to all clients. @param {unknown} content @param {Uint8Array[]} [buffers] */
  send(content, buffers) {
    this.comm.send({ method: "custom", content }, this.#parent(), buffers);
  }

  /** What a saved notebook holds in place of its view from now on. @param {import("./kept.cjs").Still} still */
  keep(still) {
    if (this.widgets.models.has(this.id)) this.widgets.kept.put(this.id, still);
  }

  /** Ends it here and in all clients. */
  close() {
    this.widgets.models.delete(this.id);
    this.widgets.kept.drop(this.id);
    this.listener = {};
    this.comm.close(this.#parent());
  }

  #parent() {
    return /** @type {Message} */ (this.widgets.parent(this.cell));
  }

  /** @param {"update" | "echo_update"} method @param {State} changes @param {Message} parent */
  #tell(method, changes, parent) {
    const { state, buffer_paths, buffers } = withoutBuffers(changes);
    this.comm.send({ method, state, buffer_paths }, parent, buffers);
  }

  /** @param {import("./comms.cjs").Heard} heard */
  #hear({ data, buffers, request }) {
    if (data.method === "request_state") this.#tell("update", this.state, request);
    else if (data.method === "update") {
      const changes = data.state ?? {};
      putBuffers(changes, data.buffer_paths ?? [], buffers);
      Object.assign(this.state, changes);
      this.#tell("echo_update", changes, request);
      const { change } = this.listener;
      if (!change) return;
      // The messages that have come meanwhile are read first, so that one call has the last value.
      if (this.#changed.size === 0) setImmediate(() => this.#call(request, () => change([...this.#taken()])));
      for (const name of Object.keys(changes)) this.#changed.add(name);
    } else if (data.method === "custom") {
      const { message } = this.listener;
      if (message) this.#call(request, () => message(data.content, buffers));
    } else throw new Error(`a widget knows no method ${JSON.stringify(data.method)}`);
  }

  #taken() {
    const names = this.#changed;
    this.#changed = new Set();
    return names;
  }

  /** Calls the listener; what it prints and throws goes to the model's own cell. @param {Message} request @param {() => unknown} f */
  #call(request, f) {
    const { cell } = this;
    if (cell) void this.widgets.cells.visit(cell, request, cell.publish, f).catch((error) => this.widgets.fail(cell, error));
  }
}

class Widgets {
  /** @param {import("./comms.cjs").Comms} comms @param {import("./cells.cjs").Cells} cells */
  constructor(comms, cells) {
    this.comms = comms;
    this.cells = cells;
    /** By the ids of their comms. @type {Map<string, Model>} */
    this.models = new Map();
    this.kept = new Kept(comms.log);
    comms.targets.set(TARGET, (comm, { data, metadata, buffers }) => {
      if (String(metadata.version).split(".")[0] !== "2")
        throw new Error(`a widget of protocol ${metadata.version}: this kernel speaks ${VERSION}`);
      const state = data.state ?? {};
      putBuffers(state, data.buffer_paths ?? [], buffers);
      new Model(this, comm, state, null, {});
    });
    comms.targets.set(CONTROL, (comm) => {
      comm.listener = { message: ({ data, request }) => this.#control(comm, data, request) };
    });
  }

  /**
   * A model of the running cell.
   * @param {State} state with `_model_module`, `_model_name` and the rest
   * @param {Listener} listener
   */
  create(state, listener) {
    const cell = this.cells.current();
    const host = cell?.host ?? cell;
    const parts = withoutBuffers(state);
    const content = {
      data: { state: parts.state, buffer_paths: parts.buffer_paths },
      metadata: { version: VERSION },
      buffers: parts.buffers,
    };
    const comm = this.comms.start(TARGET, content, /** @type {Message} */ (this.parent(host)));
    return new Model(this, comm, { ...state }, host, listener);
  }

  /** A cell that runs again replaces its output: what was alive in it ends. @param {Message} request */
  replace(request) {
    const id = request.metadata?.cellId; // JupyterLab names its cells
    for (const model of id === undefined ? [] : [...this.models.values()]) if (model.cell?.request?.metadata?.cellId === id) model.close();
  }

  /** What a message of a model follows from: the request that is answered now, else that of its cell. @param {Cell | null} cell */
  parent(cell) {
    return this.cells.current()?.request ?? cell?.request;
  }

  /** @param {Cell} cell @param {unknown} error */
  fail(cell, error) {
    cell.publish("stream", { name: "stderr", text: `${describe(error, cell).traceback.join("\n")}\n` });
  }

  /** @param {Comm} comm @param {any} data @param {Message} request */
  #control(comm, data, request) {
    if (data.method !== "request_states") throw new Error(`the widgets' control knows no method ${JSON.stringify(data.method)}`);
    const all = Object.fromEntries(
      [...this.models].map(([id, { state }]) => {
        const { _model_name: model_name, _model_module: model_module, _model_module_version: model_module_version } = state;
        return [id, { model_name, model_module, model_module_version, state }];
      }),
    );
    const { state: states, buffer_paths, buffers } = withoutBuffers(all);
    comm.send({ method: "update_states", states, buffer_paths }, request, buffers);
  }

  /**
   * Does work for the cell, and gathers its outputs in place of showing them.
   * @param {() => unknown} work
   * @param {{ stills?: boolean, signal?: AbortSignal }} [options] whether its figures get still images; what stops it
   * @returns {Promise<{ outputs: object[], thrown?: { error: unknown, output: object } }>} what it threw, and how that is shown
   */
  async gather(work, { stills = false, signal } = {}) {
    const cell = /** @type {Cell} */ (this.cells.current());
    /** @type {any[]} */
    const outputs = [];
    let open = true;
    /** @type {Cell["publish"]} */
    const publish = (type, content) => (open ? gathered(outputs, type, content) : cell.publish(type, content));
    try {
      await this.cells.visit(cell, cell.request, publish, (guest) => {
        guest.stills = stills && guest.stills;
        signal?.addEventListener("abort", () => guest.abort.abort(), { once: true });
        return work();
      });
      return { outputs };
    } catch (error) {
      return { outputs, thrown: { error, output: { output_type: "error", ...describe(error, cell) } } };
    } finally {
      open = false;
    }
  }
}
exports.Widgets = Widgets;

/** Takes up one output as a notebook file has it. @param {any[]} outputs @param {string} type @param {any} content */
function gathered(outputs, type, content) {
  const last = outputs[outputs.length - 1];
  const id = content.transient?.display_id;
  if (type === "clear_output") outputs.length = 0;
  else if (type === "stream" && last?.output_type === "stream" && last.name === content.name) last.text += content.text;
  else if (type === "update_display_data")
    Object.assign(outputs.find((output) => output.id === id && id !== undefined) ?? {}, { data: content.data });
  else if (type === "stream") outputs.push({ output_type: type, ...content });
  else if (type === "display_data") outputs.push({ output_type: type, data: content.data, metadata: content.metadata, id });
}
