// A sentence under an error of the compiler, where its own words lead nowhere: what is missing, what there is instead.
"use strict";
const { builtinModules } = require("node:module");
const path = require("node:path");
const { unionHint } = require("./unions.cjs");

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */
/** @typedef {import("@tslab/typescript-for-tslab").Diagnostic} Diagnostic */
/** @typedef {import("@tslab/typescript-for-tslab").Program} Program */

/** What stands between a message and its hint. */
exports.HINT = "\n→ ";

const root = path.resolve(__dirname, "../..");

/** Newer than TypeScript 5.0 or Node 20: what to write instead. @type {Record<string, string>} */
const NEWER = {
  groupBy: "Use `reduce` over a Map, or danfo's `frame.groupby`.",
  fromAsync: "Use `for await`, or `await Promise.all(...)`.",
  withResolvers: "Use `new Promise((resolve, reject) => ...)`.",
  try: "Use `new Promise((resolve) => resolve(f()))`.",
  union: "Use `new Set([...a, ...b])`.",
  intersection: "Use `new Set([...a].filter((x) => b.has(x)))`.",
  difference: "Use `new Set([...a].filter((x) => !b.has(x)))`.",
  symmetricDifference: "Use two filters over `[...a]` and `[...b]`.",
  isSubsetOf: "Use `[...a].every((x) => b.has(x))`.",
  isSupersetOf: "Use `[...b].every((x) => a.has(x))`.",
  isDisjointFrom: "Use `[...a].every((x) => !b.has(x))`.",
  isWellFormed: "",
  sumPrecise: "Use `reduce`.",
  escape: "",
};

/** Names of other places. @type {Record<string, string>} */
const ELSEWHERE = {
  print: "Use `console.log(...)`.",
  len: "Use `.length`.",
  range: "Use `Array.from({ length: n }, (_, i) => i)`.",
  True: "Write `true`.",
  False: "Write `false`.",
  None: "Write `null` or `undefined`.",
  def: "A function is `const f = (x: number) => x + 1;`.",
  elif: "Write `else if`.",
  not: "Write `!`.",
  and: "Write `&&`.",
  or: "Write `||`.",
  lambda: "Write `(x: number) => x + 1`.",
  Temporal: "Use `Date`.",
  ...Object.fromEntries(
    ["exit", "quit"].map((name) => [name, "A kernel ends by its client: Ctrl+D in the console, `Shut Down Kernel` in the lab."]),
  ),
  ...Object.fromEntries(["int", "float", "double"].map((name) => [name, "Numbers of all kinds are of the type `number`."])),
  str: "Texts are of the type `string`.",
  bool: "The type is `boolean`.",
  ...Object.fromEntries(
    [
      "window",
      "document",
      "localStorage",
      "sessionStorage",
      "XMLHttpRequest",
      "alert",
      "confirm",
      "navigator",
      "HTMLElement",
      "requestAnimationFrame",
    ].map((name) => [name, "Cells run in Node, not in the browser. To show HTML, use `displayBundle` from ./lib/index; to ask, `prompt`."]),
  ),
};

/** A package without types is of type `any`, and a file beside a notebook outside the project is taken. @param {Diagnostic} found */
exports.isHarmless = ({ code }) => code === 7016 || code === 6059;

/**
 * @param {TypeScript} ts
 * @param {Program} program
 * @param {Diagnostic} found
 * @returns {string[]} none or one
 */
exports.hint = (ts, program, found) => {
  const { code, file, start = 0, length = 0 } = found;
  if (!file) return [];
  const text = file.text.slice(start, start + length);
  const line = file.text.slice(file.text.lastIndexOf("\n", start - 1) + 1).split("\n")[0];
  const message = ts.flattenDiagnosticMessageText(found.messageText, "\n");
  if (code === 2307 || code === 2792) return moduleHint(/'([^']*)'/.exec(message)?.[1] ?? "");
  if (/^\s*(await\s+)?using\s+[\w$]+\s*=/.test(line))
    return [`\`using\` came with TypeScript 5.2, and this is ${ts.version}: use try { ... } finally { x.dispose() }.`];
  if (/^\s*(import\s+[\w.]+\s+as\s|from\s+[\w.]+\s+import\s)/.test(line))
    return ['Write `import * as x from "package";`, or `import { x } from "package";`.'];
  if (/^\s*#(?![\w$]+\s*[=(;])/.test(line)) return ["A comment begins with `//`."];
  if (/^\s*\?/.test(line)) return ["Help for a name is at Shift+Tab, or at the client's own command for it."];
  if (code === 1108) return ["A cell shows its last expression: write it without `return`."];
  if (code === 2304 && new RegExp(`^\\s*${text}\\s*=[^=]`).test(line)) return [`Declare it: \`let ${text} = ...\`.`];
  if (code === 7006) return [`Say its type, as in \`${text}: number\`.`];
  if (code === 2339 && /on type 'Promise</.test(message)) return ["It is a promise, not yet its value: put `await` before it."];
  if (code === 2365 && /'\+' cannot be applied to types '[^']*\[\]'/.test(message))
    return ["To join arrays write `[...a, ...b]`, to add them `a.map((x, i) => x + b[i])`."];
  if (/^\s*[%!]/.test(line)) return ["Python's magics and `!` for the shell are not there. For a command: execSync of node:child_process."];
  if ([2339, 2550, 2551].includes(code) && Object.hasOwn(NEWER, text))
    return [`\`${text}\` is newer than TypeScript ${ts.version}, which this kernel has. ${NEWER[text]}`.trim()];
  if ([2304, 2552, 2584, 2503, 1434, 1435].includes(code) && Object.hasOwn(ELSEWHERE, text)) return [ELSEWHERE[text]];
  if ([1238, 1239, 1240, 1241, 1270, 1271].includes(code))
    return ["Decorators are those of the language: functions of (value, context). Those of `experimentalDecorators` are not there."];
  if (found.relatedInformation?.some((one) => one.code === 2773)) return ["It is a promise, not yet its value: put `await` before it."];
  if ([2322, 2345, 2353, 2769].includes(code)) return unionHint(ts, program, file, start);
  return [];
};

/** How to get a module that isn't there. @param {string} name @returns {string[]} */
function moduleHint(name) {
  if (/^[./]/.test(name)) return ["Paths start at the project's folder, or at the notebook's."];
  const [, installed] = /^((?:@[^/]+\/)?[^/]+)/.exec(name) ?? [];
  const own = builtinModules.filter((one) => one.startsWith(`${installed.replace("node:", "")}`));
  if (name.startsWith("node:") || builtinModules.includes(installed))
    return [`Node has no such module${own.length ? `; it has ${own.join(", ")}` : ""}.`];
  return [`Is it installed? \`npm install ${installed}\` in the project's folder, ${root}; then restart the kernel.`];
}
exports.moduleHint = moduleHint;
