// npm test [-- FILTER ...]: set-up, then types, lint and tests, the quick ones first, and one closing line of counts.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
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
export function count({ testResults }, root) {
  const failures = testResults.flatMap(({ name, status, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.flatMap((test) => (test.status === "failed" ? [`${file}: ${test.fullName}`] : []));
    return status === "failed" && !failed.length ? [`${file}: the file itself`] : failed;
  });
  const states = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const passed = states.filter((status) => status === "passed").length;
  return { passed, skipped: states.filter((status) => status !== "failed").length - passed, failures };
}

/**
 * @param {string} root
 * @param {string[]} filters
 */
async function testAll(root, filters) {
  const p = paths(root);
  await setUp({ root });
  if (process.env.TDLGM_REQUIRE_TRACE === "1" && onStandIn(root))
    throw new PlainError("TDLGM_REQUIRE_TRACE=1, but the trace is not there, so the tests that need it would be skipped.");
  const env = { ...environment(root), XDG_CACHE_HOME: join(p.local, "cache") };
  /** @type {string[]} */
  const failures = [];
  const checks = [
    // .bin/tsc is the older compiler that tslab brings
    { name: "types", command: process.execPath, args: [join(p.nodeModules, "typescript", "bin", "tsc"), "-p", "."] },
    {
      name: "types of the page",
      command: process.execPath,
      args: [join(p.nodeModules, "typescript", "bin", "tsc"), "-p", "setup/explore/page"],
    },
    { name: "lint", command: join(p.nodeModules, ".bin", "biome"), args: ["check", "lib", "test", "setup"] },
  ];
  const chosen = filters.length ? [] : checks;
  for (const { name, command, args } of chosen) {
    console.log(`\n${name}`);
    await run(command, args, { cwd: root, env, show: true }).catch(() => failures.push(name));
  }
  let passed = chosen.length - failures.length;
  let skipped = 0;

  const file = join(p.temporary, `vitest.${process.pid}.tmp`);
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...filters];
  const vitest = [join(p.nodeModules, "vitest", "vitest.mjs"), ...args];
  await run(process.execPath, vitest, { cwd: root, env, show: true }).catch(() => {}); // what failed stands in the report
  if (existsSync(file)) {
    /** @type {VitestReport} */
    const report = JSON.parse(readFileSync(file, "utf8"));
    rmSync(file);
    const counts = count(report, root);
    passed += counts.passed;
    skipped = counts.skipped;
    failures.push(...counts.failures);
    if (!report.testResults.length) failures.push(`vitest: no test file matches ${filters.join(" ")}`);
    else if (!report.success && !counts.failures.length) failures.push("vitest: it reports an error outside any test");
  } else failures.push("vitest: it left no report");
  if (failures.length) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join("\n")}`);
  console.log(`\n${passed} passed, ${failures.length} failed, ${skipped} skipped`);
  return failures.length ? 1 : 0;
}

if (isMain(import.meta.url)) {
  await command(() => testAll(projectRoot, process.argv.slice(2)));
}
