// What a saved notebook shows of a live output: what stood there when the reader last moved a control. It lies in a file, where the server
// that saves the notebook finds it (setup/lab/config.py). Sent to the reader's program, it would draw the live view anew under the reader's hand.
"use strict";
const fs = require("node:fs/promises");
const path = require("node:path");

/** @typedef {{ data: Record<string, unknown>, metadata: Record<string, unknown> }} Still */

const FOLDER = path.resolve(__dirname, "../../.local/live");
/** @param {string} id */
const fileOf = (id) => path.join(FOLDER, `${id}.json`);

exports.Kept = class Kept {
  /** @param {(text: string) => void} log */
  constructor(log) {
    this.log = log;
    /** Not yet written, by the ids of their views. @type {Map<string, Still>} */
    this.waiting = new Map();
    /** @type {Promise<void> | null} */
    this.writing = null;
  }

  /** Writes it. Of several that come while one is written, the last is written next. @param {string} id @param {Still} still */
  put(id, still) {
    this.waiting.set(id, still);
    this.writing ??= this.#write()
      .catch((error) => this.log(`TypeScript kernel: a saved notebook will not show what was last seen: ${error.message}\n`))
      .then(() => {
        this.writing = null;
      });
  }

  async #write() {
    await fs.mkdir(FOLDER, { recursive: true });
    for (const [id, still] of this.waiting) {
      this.waiting.delete(id);
      await fs.writeFile(`${fileOf(id)}.part`, JSON.stringify(still));
      await fs.rename(`${fileOf(id)}.part`, fileOf(id));
    }
  }

  /** @param {string} id */
  drop(id) {
    this.waiting.delete(id);
    void fs.rm(fileOf(id), { force: true }).catch(() => {});
  }
};
