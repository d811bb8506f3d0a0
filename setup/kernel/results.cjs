// How the last expression of a cell is shown: a DataFrame as a table, a Plotly figure as a figure, a value by its own method if it has one,
// anything else as Node prints it.
"use strict";
const Module = require("node:module");
const util = require("node:util");
const { renderPng } = require("./png.cjs");

/** @typedef {import("./cells.cjs").Bundle} Bundle */

/** Rows of a table that are shown. */
const ROWS = 10;

/**
 * @param {unknown} value
 * @param {import("./cells.cjs").Cell} cell
 * @returns {Promise<Bundle | null>} mime type -> representation; null for a value that shows itself
 * @throws what the value throws while it is looked at
 */
exports.resultBundle = async (value, cell) => {
  const object = /** @type {any} */ (value);
  const own = util.types.isProxy(object) ? undefined : object?.[Symbol.for("Jupyter.display")];
  if (typeof own === "function") return await own.call(object);
  if (util.types.isPromise(object) && util.inspect(object).includes("<pending>"))
    cell.publish("stream", { name: "stderr", text: "This is a promise, not yet its value: put `await` before it.\n" });
  const text = { "text/plain": util.inspect(value) };
  if (util.types.isProxy(object)) return text;
  if (isDataFrame(object)) return { "text/html": tableHtml(object), ...text };
  if (!isFigure(object)) return text;
  const figure = JSON.parse(JSON.stringify(object, (_, part) => (ArrayBuffer.isView(part) ? Array.from(/** @type {any} */ (part)) : part)));
  const png =
    process.env.TDLGM_PNG === "1"
      ? { "image/png": await renderPng(figure, { width: figure.layout.width ?? 800, height: figure.layout.height ?? 400 }) }
      : {};
  return { "application/vnd.plotly.v1+json": figure, ...png, ...text };
};

/**
 * A property of a DataFrame, even if a column has the same name.
 * @param {object} frame
 * @param {string} name
 */
const property = (frame, name) => Reflect.get(Object.getPrototypeOf(frame), name, frame);

/** @param {any} value */
const isDataFrame = (value) =>
  value?.constructor?.name === "DataFrame" && Array.isArray(property(value, "columns")) && Array.isArray(property(value, "values"));

/** @param {any} value */
const isFigure = (value) =>
  [Object.prototype, null].includes(value && Object.getPrototypeOf(value)) &&
  Array.isArray(value.data) &&
  value.data.every((/** @type {unknown} */ trace) => typeof trace === "object" && trace !== null && !Array.isArray(trace)) &&
  typeof value.layout === "object" &&
  value.layout !== null &&
  Object.keys(value).every((key) => ["data", "layout", "config", "frames"].includes(key));

/**
 * @param {object} frame
 * @returns {string}
 */
function tableHtml(frame) {
  const escaped = (/** @type {unknown} */ value) =>
    String(value ?? "–").replace(
      /[&<>"]/g,
      (c) => /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c],
    );
  const line = (/** @type {string} */ tag, /** @type {unknown[]} */ cells) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const [columns, rows, index] = ["columns", "values", "index"].map((name) => property(frame, name));
  const body = rows.slice(0, ROWS).map((/** @type {unknown[]} */ row, /** @type {number} */ i) => line("td", [index[i], ...row]));
  const size = `${rows.length} rows, ${columns.length} columns`;
  const note = rows.length > ROWS ? `the first ${ROWS} of ${size}` : size;
  return `<table><thead>${line("th", ["", ...columns])}</thead><tbody>${body.join("")}</tbody></table><p>${note}</p>`;
}

/** Node keeps the cell that a promise or a timer comes from in one of its properties, which is nobody's business where it is printed. */
exports.hideOrigins = () => {
  const timer = setTimeout(() => {}, 0);
  const immediate = setImmediate(() => {});
  for (const { prototype } of [Promise, ...[timer, immediate].map((one) => /** @type {any} */ (one.constructor))])
    Object.defineProperty(prototype, util.inspect.custom, { value: withoutOrigin, configurable: true });
};

/** @this {object} */
function withoutOrigin() {
  for (const key of Object.getOwnPropertySymbols(this))
    if (/^(kResourceStore|async_id_symbol|trigger_async_id_symbol)$/.test(key.description ?? ""))
      Object.defineProperty(this, key, { enumerable: false });
  return this; // Node goes on to print it in its own way
}

/**
 * Node prints a tensor's shape, type and values and a DataFrame's or Series' table, alone or inside another value; without this it prints
 * their internals. A disposed tensor says so.
 */
exports.showPackages = () => {
  const loader = /** @type {any} */ (Module);
  const load = loader._load;
  /** @param {string} request @param {unknown[]} rest */
  loader._load = function (request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    const tensor = request === "@tensorflow/tfjs-core" && loaded.Tensor?.prototype;
    if (tensor && !(util.inspect.custom in tensor)) tensor[util.inspect.custom] = tensorText;
    for (const type of request === "danfojs-node" ? ["DataFrame", "Series"] : []) {
      const shown = loaded[type]?.prototype;
      if (shown) shown[util.inspect.custom] = frameText;
    }
    return loaded;
  };
};

/** @this {any} */
function tensorText() {
  const head = `Tensor of shape [${this.shape.join(", ")}], ${this.dtype}`;
  return this.isDisposed ? `${head}, disposed of` : this.toString().replace(/^Tensor/, head);
}

/** @this {any} */
function frameText() {
  try {
    return this.toString();
  } catch {
    return `${this.constructor.name} with columns ${property(this, "columns").join(", ")}`; // one named like a property, `values`
  }
}
