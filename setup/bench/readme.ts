/** README.md's table of speeds, from one run of the whole benchmark. */
import * as fs from "node:fs";
import { writeAtomically } from "../../lib/base/files";
import type { Part } from "./turns";

const BLOCK = /(<!-- speed: written by [^>]* -->\n)[\s\S]*?(\n<!-- \/speed -->)/;

const three = (x: number) => Number(x.toPrecision(3)).toString();

/** A line for everything that has an "ours": its time, and of the others how many times as long they take. */
function lines(parts: Part[]): string[] {
  return parts.flatMap(({ title, rows }) =>
    Object.entries(rows).flatMap(([at, { ours, ...others }]) => {
      if (!ours) return [];
      const ratios = Object.entries(others).map(([kind, { median }]) => `${kind} ${(median / ours.median).toFixed(2)}`);
      return [`| ${title}${at === "all" ? "" : `, ${at}`} | ${three(ours.median)} ms | ${ratios.join(", ")} |`];
    }),
  );
}

/**
 * Replaces the table of speeds in a file.
 * @param machine what it was measured on
 * @throws Error if the file has no place for it
 */
export function writeSpeeds(file: string, machine: { processor: string; "load before": string; peer: object | null }, parts: Part[]): void {
  const text = fs.readFileSync(file, "utf8");
  if (!BLOCK.test(text)) throw new Error(`${file} has no <!-- speed: written by … --> to write between`);
  const [all] = parts.flatMap(({ rows }) => Object.values(rows).flatMap((row) => (row["all cells"] ? [rows] : [])));
  const longest = (kind: string) =>
    Math.max(...Object.values(all).flatMap((row) => (row[kind] ? [row[kind].median / 1000] : []))).toFixed(0);
  const notes = parts.flatMap((part) =>
    Object.entries(part.notes).flatMap(([name, value]) => (/differ/.test(name) ? [] : [`${name}: ${value}`])),
  );
  const versions = Object.entries(machine.peer ?? {}).map(([name, version]) => `${name} ${version}`);
  const table = [
    "| work | ours | others, times ours |",
    "|---|---|---|",
    ...lines(parts),
    "",
    `${machine.processor}, one thread each, load ${machine["load before"]} before; ${versions.join(", ")}; medians. ${notes.join("; ")}. With the shipped runs all cells of a notebook take at most ${longest("all cells")} s, the first figure is there after at most ${longest("first figure after")} s.`,
  ];
  writeAtomically(
    file,
    text.replace(BLOCK, (_, begin, end) => `${begin}${table.join("\n")}${end}`),
  );
}
