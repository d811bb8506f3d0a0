/** What axe, the accessibility checker, finds fault with on a page, a line a rule. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** The rules about colours: all that a page by night can break and the same page by day does not. */
export const COLOURS = ["color-contrast", "link-in-text-block"];

/**
 * Runs axe in a page. It is put in by the debugger, which the page's policy does not bind.
 * @param rules these alone
 */
export async function faults(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(axe);
  const options = JSON.stringify({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  const { violations } = (await page.evaluate(`axe.run(${options})`)) as { violations: Violation[] };
  return violations.map(({ id, nodes }) => `${id}, ${nodes.length} times: ${nodes[0].html.slice(0, 300)} ${nodes[0].failureSummary}`);
}
