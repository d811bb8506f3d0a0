// A cell can be stopped at every await and at every turn of a loop. tslab watches for an interrupt only until a cell's first `await`: after
// that the code runs on in the background, and an endless loop can't be stopped at all.
"use strict";
const { KeyboardInterrupt } = require("./errors.cjs");
const { INTERRUPT, shared } = require("./wire.cjs");

/** @typedef {import("./cells.cjs").Cells} Cells */

/** Node's own watch stops a script within this time. */
const WATCH_MS = 300;

/**
 * The functions that compiled cells call.
 * @param {Cells} cells
 */
exports.awaitCalls = (cells) => {
  /**
   * The first statement of a loop's body is `tick()`. Until a cell's first await Node itself stops the cell at SIGINT. If `tick` stopped it
   * first, Node would keep the signal and stop the next cell. So `tick` leaves Node time to act, and stops the cell only if Node doesn't:
   * Node misses a signal that came before its watch began.
   */
  const tick = () => {
    const cell = cells.running;
    if (!cell || !Atomics.load(shared, INTERRUPT)) return;
    const own = cells.origin.getStore();
    if (own !== cell && own?.host !== cell) return;
    cell.heard ||= performance.now();
    if (!cell.watched || performance.now() - cell.heard > WATCH_MS) throw new KeyboardInterrupt();
  };

  /** `await x` in a cell is `await resume(x)`. */
  const resume = (/** @type {unknown} */ awaited) => {
    const cell = cells.origin.getStore();
    if (!cell) return awaited;
    if (cell.stopped) return new Promise(() => {}); // forever: the cell may catch every error
    let stop = () => {};
    const stopped = new Promise((_, reject) => {
      stop = () => reject(new KeyboardInterrupt());
      cell.waiting.add(stop);
    });
    const settled = Promise.resolve(awaited).then((value) => {
      if (cell.abort.signal.aborted) throw new KeyboardInterrupt();
      return value;
    }); // a failure keeps its own error, such as that of a training stopped by its signal
    // A traceback finds the cell by the promises' own chain.
    return Promise.race([settled, stopped]).finally(() => cell.waiting.delete(stop));
  };

  /** `for await (const x of xs)` in a cell goes over `iterate(xs)`. */
  async function* iterate(/** @type {AsyncIterable<unknown> | Iterable<unknown>} */ values) {
    for await (const value of values) yield await resume(value);
  }
  return { tick, resume, iterate };
};

/**
 * A compiler step that puts the calls into a cell, and `__tslab__.meta` in place of `import.meta`.
 * @param {typeof import("@tslab/typescript-for-tslab")} ts
 * @returns {import("@tslab/typescript-for-tslab").TransformerFactory<import("@tslab/typescript-for-tslab").SourceFile>}
 */
exports.stoppable = (ts) => (context) => {
  const { factory } = context;
  /** @typedef {import("@tslab/typescript-for-tslab").Node} Node */
  /** @typedef {import("@tslab/typescript-for-tslab").Expression} Expression */
  /** @typedef {import("@tslab/typescript-for-tslab").Statement} Statement */
  const call = (/** @type {string} */ name, /** @type {Expression[]} */ ...values) =>
    factory.createCallExpression(factory.createPropertyAccessExpression(factory.createIdentifier("__tslab__"), name), undefined, values);
  const ticking = (/** @type {Statement} */ body) => factory.createBlock([factory.createExpressionStatement(call("tick")), body]);
  /** @type {(node: Node) => Node} */
  const visit = (node) => {
    const n = ts.visitEachChild(node, visit, context);
    if (ts.isMetaProperty(n) && n.keywordToken === ts.SyntaxKind.ImportKeyword)
      return factory.createPropertyAccessExpression(factory.createIdentifier("__tslab__"), "meta");
    if (ts.isAwaitExpression(n)) return factory.updateAwaitExpression(n, call("resume", n.expression));
    if (ts.isWhileStatement(n)) return factory.updateWhileStatement(n, n.expression, ticking(n.statement));
    if (ts.isDoStatement(n)) return factory.updateDoStatement(n, ticking(n.statement), n.expression);
    if (ts.isForStatement(n)) return factory.updateForStatement(n, n.initializer, n.condition, n.incrementor, ticking(n.statement));
    if (!ts.isForOfStatement(n)) return n;
    const values = n.awaitModifier ? call("iterate", n.expression) : n.expression;
    return factory.updateForOfStatement(n, n.awaitModifier, n.initializer, values, ticking(n.statement));
  };
  return (file) => ts.visitEachChild(file, visit, context);
};
