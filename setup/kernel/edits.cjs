// Edits of the project's files, seen at the next cell. TypeScript's own watchers poll and see an edit up to two seconds late: a cell run
// at once would use the old file. Here every file is checked before a cell is compiled.
"use strict";
const fs = require("node:fs");

/** @typedef {{ callback: Function, seen: string }} Watched */

/** @type {Map<string, Watched>} */
const watched = new Map();

/** What changes with every edit. */
function state(/** @type {string} */ file) {
  const stats = fs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.mtimeNs} ${stats.size} ${stats.ino}` : "";
}

/**
 * Takes the place of TypeScript's watching of files. Packages are not watched: they don't change while a kernel runs.
 * @param {typeof import("@tslab/typescript-for-tslab")} ts
 */
exports.watchByLooking = (ts) => {
  ts.sys.watchFile = (file, callback) => {
    if (!file.includes("/node_modules/")) watched.set(file, { callback, seen: state(file) });
    return { close: () => watched.delete(file) };
  };
};

/**
 * Tells the compiler of files that have changed since the last look.
 * @param {typeof import("@tslab/typescript-for-tslab")} ts
 */
exports.lookForEdits = (ts) => {
  for (const [file, { callback, seen }] of [...watched]) {
    const now = state(file);
    if (now === seen) continue;
    watched.set(file, { callback, seen: now });
    const { Created, Changed, Deleted } = ts.FileWatcherEventKind;
    callback(file, !now ? Deleted : !seen ? Created : Changed);
  }
};
