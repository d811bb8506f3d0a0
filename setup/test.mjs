// npm test [-- FILTER ...]: set-up, then types, lint and tests, the quick ones first, and one closing line of counts.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { onStandIn } from "./notebooks.mjs";
import { command, isMain, PlainError, run } from "./process.mjs";
import { setUp } from "./setup.mjs";

/**
 * The part of vitest's JSON report that is counted.
 * @typedef {{ status: string, title: string, fullName: string }} Assertion
 * @typedef {{ name: string, status: string, assertionResults: Assertion[] }} TestFile
 * @typedef {{ success: boolean, testResults: TestFile[] }} VitestReport
 */

/**
 * Counts a vitest report; a file that failed as a whole (it can't be loaded, a hook of it failed) counts as one failure.
 * @param {VitestReport} report
 * @param {string} root
 */
export function count(report, root) {
  const result = { passed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };
  for (const file of report.testResults) {
    const name = file.name.startsWith(root) ? file.name.slice(root.length + 1) : file.name;
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    for (const test of failed) result.failures.push(`${name}: ${test.fullName}`);
    if (file.status === "failed" && !failed.length) result.failures.push(`${name}: the file itself`);
    for (const test of file.assertionResults) {
      if (test.status === "passed") result.passed++;
      else if (test.status !== "failed") result.skipped++;
    }
  }
  return result;
}

/**
 * @param {string} root
 * @param {string[]} filters
 */
async function testAll(root, filters) {
  const p = paths(root);
  await setUp({ root });
  const required = process.env.TDLGM_REQUIRE_TRACE === "1";
  if (required && onStandIn(root)) {
    throw new PlainError("TDLGM_REQUIRE_TRACE=1, but the trace is not there, so the tests that need it would be skipped.");
  }
  const bin = join(p.nodeModules, ".bin");
  const env = { ...environment(root), XDG_CACHE_HOME: join(p.local, "cache") };
  let passed = 0;
  /** @type {string[]} */
  const failures = [];
  const checks = [
    // .bin/tsc is the older compiler that tslab brings
    { name: "types", command: process.execPath, args: [join(p.nodeModules, "typescript", "bin", "tsc"), "-p", "."] },
    { name: "lint", command: join(bin, "biome"), args: ["check", "lib", "test", "setup"] },
  ];
  for (const check of filters.length ? [] : checks) {
    console.log(`\n${check.name}`);
    try {
      await run(check.command, check.args, { cwd: root, env, show: true });
      passed++;
    } catch {
      failures.push(check.name);
    }
  }

  const file = join(p.temporary, `vitest-${process.pid}.json`);
  try {
    const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...filters];
    await run(process.execPath, [join(p.nodeModules, "vitest", "vitest.mjs"), ...args], { cwd: root, env, show: true });
  } catch {
    // what failed stands in the report
  }
  let skipped = 0;
  try {
    /** @type {VitestReport} */
    const report = JSON.parse(readFileSync(file, "utf8"));
    const counts = count(report, root);
    passed += counts.passed;
    skipped = counts.skipped;
    failures.push(...counts.failures);
    if (!report.testResults.length) failures.push(`vitest: no test file matches ${filters.join(" ")}`);
    else if (!report.success && !counts.failures.length) failures.push("vitest: it reports an error outside any test");
  } catch {
    failures.push("vitest: it left no report");
  } finally {
    rmSync(file, { force: true });
  }
  if (failures.length) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join("\n")}`);
  console.log(`\n${passed} passed, ${failures.length} failed, ${skipped} skipped`);
  return failures.length ? 1 : 0;
}

if (isMain(import.meta.url)) {
  await command(() => testAll(projectRoot, process.argv.slice(2)));
}
