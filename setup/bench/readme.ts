/** SPEED.md's table, from one run of the whole benchmark. */
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
  const cells = parts.flatMap(({ rows }) => Object.entries(rows).filter(([, row]) => row["first cell"]));
  const seconds = (kind: string, rows: typeof cells) => (Math.max(...rows.map(([, row]) => row[kind].median)) / 1000).toFixed(1);
  const [cold, ...warm] = cells;
  const notes = parts.flatMap((part) =>
    Object.entries(part.notes).flatMap(([name, value]) => (/differ/.test(name) ? [] : [`${name}: ${value}`])),
  );
  const versions = Object.entries(machine.peer ?? {}).map(([name, version]) => `${name} ${version}`);
  const table = [
    "| work | ours | others, times ours |",
    "|---|---|---|",
    ...lines(parts),
    "",
    `${machine.processor}, one thread each, load ${machine["load before"]} before; ${versions.join(", ")}; medians. ${notes.join("; ")}. A notebook's kernel starts in at most ${seconds("kernel's start", cells)} s, its first cell takes at most ${seconds("first cell", warm)} s, right after set-up ${seconds("first cell", [cold])} s.`,
  ];
  writeAtomically(
    file,
    text.replace(BLOCK, (_, begin, end) => `${begin}${table.join("\n")}${end}`),
  );
}
