// Whether a client that reads line by line shall wait for more: Jupyter's console asks at every Enter.
"use strict";
const { ts } = require("./compiler.cjs");

/** TypeScript's errors that more text can't heal, although they are found at the end: a text in quotes and a regular expression end in their line. */
const ENDS_WITH_LINE = [1002, 1161];

/**
 * @param {string} code
 * @returns {{ status: "complete" | "invalid" } | { status: "incomplete", indent: string }}
 */
exports.isComplete = (code) => {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest);
  const [first] = /** @type {import("@tslab/typescript-for-tslab").Diagnostic[]} */ (/** @type {any} */ (file).parseDiagnostics);
  if (!first) return { status: "complete" };
  const continued = first.code === 1002 && code.endsWith("\\");
  const atEnd = (first.start ?? 0) >= code.trimEnd().length && (continued || !ENDS_WITH_LINE.includes(first.code));
  if (!atEnd) return { status: "invalid" };
  if (/\n[ \t]*\n[ \t]*$/.test(code)) return { status: "invalid" }; // two empty lines: the person wants to see what is wrong
  const line = code.slice(code.lastIndexOf("\n") + 1);
  const opens = /[{([]\s*$/.test(line) ? "  " : "";
  return { status: "incomplete", indent: `${/^\s*/.exec(line)?.[0] ?? ""}${opens}` };
};
