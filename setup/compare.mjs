// Compares the numbers of a newly executed notebook with the committed ones: in texts, tables and the data of figures.
import { codeCells, joined, PLOTLY } from "./notebooks.mjs";

/** @typedef {import("./notebooks.mjs").Notebook} Notebook */

/**
 * How far two numbers may lie apart: 1 % of the larger one or, in a list of numbers (a curve), of the list's largest. A printed number with
 * two decimals or more may also differ by one in its last digit, which rounding alone can do. A code cell may state a wider one in its
 * metadata, {"tdlgm": {"tolerance": 0.05}}. Progress lines (metadata.tdlgm.progress) and the pixels of still images are not compared.
 */
export const TOLERANCE = 0.01;

const NUMBER = /[-−]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+|(?=\.\d))(?:\.\d+)?(?:e[-+]?\d+)?/gi;
const SHOWN = 5;

/** @param {string} text */
const numberOf = (text) => Number(text.replace("−", "-").replaceAll(",", ""));

/**
 * One in the last digit of a printed number; 0 with fewer than two decimals.
 * @param {string} text
 */
function lastDigit(text) {
  const [digits, exponent = "0"] = text.toLowerCase().split("e");
  const decimals = digits.includes(".") ? digits.length - digits.indexOf(".") - 1 : 0;
  return decimals < 2 ? 0 : 10 ** (Number(exponent) - decimals);
}

/**
 * @param {number} a
 * @param {number} b
 * @param {number} allowed
 */
const apart = (a, b, allowed) => a !== b && !(Math.abs(a - b) <= allowed * (1 + 1e-9));

/**
 * Where two texts differ: their numbers beyond the tolerance, or their words.
 * @param {string} before
 * @param {string} now
 * @param {number} tolerance
 * @returns {string[]}
 */
function textDifferences(before, now, tolerance) {
  const words = [before, now].map((text) => text.replace(NUMBER, "#").replace(/\s+/g, " ").trim());
  if (words[0] !== words[1]) {
    const at = Math.max(0, [...words[0]].findIndex((letter, i) => letter !== words[1][i]) - 20);
    const [old, fresh] = words.map((text) => JSON.stringify(text.slice(at, at + 60)));
    return [`the words ${old} are committed, ${fresh} came out`];
  }
  const [old, fresh] = [before, now].map((text) => text.match(NUMBER) ?? []);
  return old.flatMap((text, i) => {
    const [a, b] = [numberOf(text), numberOf(fresh[i])];
    const allowed = Math.max(tolerance * Math.max(Math.abs(a), Math.abs(b)), Math.min(lastDigit(text), lastDigit(fresh[i])));
    return apart(a, b, allowed) ? [`${text} is committed, ${fresh[i]} came out`] : [];
  });
}

/**
 * Where two JSON values differ.
 * @param {any} before
 * @param {any} now
 * @param {number} tolerance
 * @param {string} at
 * @param {number} [scale] the largest number beside these
 * @returns {string[]}
 */
function valueDifferences(before, now, tolerance, at, scale = 0) {
  if (typeof before === "number" && typeof now === "number") {
    const allowed = tolerance * Math.max(Math.abs(before), Math.abs(now), scale);
    return apart(before, now, allowed) ? [`${at}: ${before} is committed, ${now} came out`] : [];
  }
  if (typeof before === "string" && typeof now === "string") return textDifferences(before, now, tolerance).map((text) => `${at}: ${text}`);
  if (
    before === null ||
    now === null ||
    typeof before !== "object" ||
    typeof now !== "object" ||
    Array.isArray(before) !== Array.isArray(now)
  )
    return before === now ? [] : [`${at}: ${JSON.stringify(before)} is committed, ${JSON.stringify(now)} came out`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  if (Array.isArray(before) && before.length !== now.length)
    return [`${at}: ${before.length} values are committed, ${now.length} came out`];
  const numbers = Array.isArray(before) ? before.filter((value) => typeof value === "number").map(Math.abs) : [];
  const largest = numbers.reduce((a, b) => Math.max(a, b), 0);
  return keys.flatMap((key) => valueDifferences(before[key], now[key], tolerance, at ? `${at}.${key}` : key, largest));
}

/**
 * Where two outputs differ; a table's HTML only if its text doesn't.
 * @param {any} before
 * @param {any} now
 * @param {number} tolerance
 * @returns {string[]}
 */
function outputDifferences(before, now, tolerance) {
  if (before.metadata?.tdlgm?.progress && now.metadata?.tdlgm?.progress) return [];
  if (before.text !== undefined || now.text !== undefined) return textDifferences(joined(before.text), joined(now.text), tolerance);
  const kinds = [before, now].map(({ data }) => Object.keys(data).sort().join(", "));
  if (kinds[0] !== kinds[1]) return [`an output as ${kinds[0]} is committed, one as ${kinds[1]} came out`];
  for (const kind of Object.keys(before.data)
    .filter((name) => !name.startsWith("image/"))
    .sort()
    .reverse()) {
    const [old, fresh] = [before, now].map(({ data }) => (kind.startsWith("text/") ? joined(data[kind]) : data[kind]));
    const found = kind.startsWith("text/")
      ? textDifferences(old, fresh, tolerance)
      : valueDifferences(old, fresh, tolerance, kind === PLOTLY ? "figure" : kind);
    if (found.length) return found;
  }
  return [];
}

/**
 * One line for every number that differs by more than the tolerance: notebook, cell, and both numbers.
 * @param {string} name
 * @param {Notebook} committed
 * @param {Notebook} executed newly executed and cleaned as for a record
 * @returns {string[]}
 */
export function differences(name, committed, executed) {
  const [before, now] = [committed, executed].map(codeCells);
  if (before.length !== now.length) return [`${name}: ${before.length} code cells are committed, ${now.length} were executed`];
  return before.flatMap((cell, i) => {
    const [old, fresh] = [cell.outputs ?? [], now[i].outputs ?? []];
    const where = `${name}, cell ${i + 1}`;
    if (old.length !== fresh.length) return [`${where}: ${old.length} outputs are committed, ${fresh.length} came out`];
    const tolerance = cell.metadata.tdlgm?.tolerance ?? TOLERANCE;
    const found = old.flatMap((output, o) => outputDifferences(output, fresh[o], tolerance));
    const more = found.length > SHOWN ? [`${where}: and ${found.length - SHOWN} more`] : [];
    return [...found.slice(0, SHOWN).map((text) => `${where}: ${text}`), ...more];
  });
}
