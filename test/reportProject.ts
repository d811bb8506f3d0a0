/** A project of its own to write a report in, with the tools of this one. */
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";

const root = path.resolve(__dirname, "..");

/** Fills a folder. */
export function fillReportProject(project: string): void {
  for (const folder of ["setup", "notebooks", "report/assets"]) mkdirSync(path.join(project, folder), { recursive: true });
  for (const tool of ["node_modules", ".venv", "setup/report"]) symlinkSync(path.join(root, tool), path.join(project, tool));
}
