// What was run in this kernel, for clients that show it: Jupyter's console on its arrow keys.
"use strict";

/** @typedef {{ number: number, code: string, output: string | null }} Line */

/** This kernel's session in the history; each kernel knows its own alone. */
const SESSION = 1;

exports.History = class History {
  /** @type {Line[]} */
  lines = [];

  /** @param {number} number the execution count @param {string} code @returns {Line} to take the output */
  add(number, code) {
    const line = { number, code, output: null };
    this.lines.push(line);
    return line;
  }

  /**
   * @param {Record<string, any>} request the content of a history_request
   * @returns {[number, number, string | [string, string | null]][]}
   */
  find({ hist_access_type, output, n, session = 0, start = 0, stop, pattern = "*", unique = false }) {
    /** @type {Line[]} */
    let found = this.lines;
    // Session 0 is this one; those before it, which count from -1, are not known.
    if (hist_access_type === "range")
      found = [0, SESSION].includes(session) ? found.filter(({ number }) => number >= start && (stop == null || number < stop)) : [];
    if (hist_access_type === "search") {
      const matching = glob(pattern);
      found = found.filter(({ code }) => matching.test(code));
      if (unique) found = [...new Map(found.map((line) => [line.code, line])).values()];
    }
    if (hist_access_type !== "range" && typeof n === "number") found = n > 0 ? found.slice(-n) : [];
    return found.map((line) => [SESSION, line.number, output ? [line.code, line.output] : line.code]);
  }
};

/** `*` and `?` stand for any text and any character. @param {string} pattern */
function glob(pattern) {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, "[\\s\\S]*")
    .replace(/\?/g, "[\\s\\S]");
  return new RegExp(`^${source}$`);
}
