/** How the explorable figures are moved, and how what they show is held to what it must be. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Numbers, Settings } from "./exploreExpected";

type Moves = [control: string, key: string, times: number][];
/** Around the map's twelve settings, from the least of both. */
const ROUND: Moves = [
  ["σ of the likelihood", "ArrowRight", 3],
  ["β, the weight", "ArrowRight", 2],
  ["σ of the likelihood", "ArrowLeft", 3],
  ["β, the weight", "ArrowLeft", 2],
];
/** The controls that each figure is moved by, and how often. */
export const MOVES: Record<string, Moves> = {
  value: [
    ["noise on the value", "ArrowRight", 20],
    ["place in the series", "ArrowRight", 10],
  ],
  noise: [
    ["strength of the noise", "ArrowRight", 20],
    ["probability", "ArrowLeft", 10],
  ],
  map: [
    ["σ of the likelihood", "ArrowRight", 2],
    ["β, the weight", "ArrowRight", 1],
    ["σ of the likelihood", "ArrowLeft", 3],
    ["β, the weight", "ArrowLeft", 2],
    ...ROUND,
    ...ROUND,
    ["σ of the likelihood", "ArrowRight", 2],
  ],
  score: [
    ["cell: from", "ArrowLeft", 10],
    ["cell: to", "ArrowLeft", 10],
    ["cell: from", "ArrowRight", 8],
    ["seed", "ArrowRight", 2],
  ],
  film: [["moment", "ArrowLeft", 30]],
  futures: [
    ["history ends", "ArrowRight", 20],
    ["seed", "ArrowRight", 10],
  ],
};

const flat = (x: unknown): (number | string | null)[] =>
  typeof x === "object" && x !== null ? Object.values(x).flatMap(flat) : [x as number | string | null];

/** Numbers are the same to 1e-5, anything else exactly. */
export function expectSame(shown: Numbers, wanted: Numbers, where: string): void {
  const [ours, theirs] = [flat(shown), flat(wanted)];
  expect(ours.length, where).toBe(theirs.length);
  for (const [i, value] of theirs.entries()) {
    if (typeof value === "number") expect(Math.abs((ours[i] as number) - value) / Math.max(1, Math.abs(value)), where).toBeLessThan(1e-5);
    else expect(ours[i], where).toBe(value);
  }
}

/** Moves a figure that stands anywhere in a page, thirty times by the keyboard; it must be right each time. */
export async function moveAll(page: Page, name: string, wanted: (settings: Settings) => Numbers): Promise<void> {
  const figure = page.locator(`[data-figure="${name}"]`);
  const settings = () => figure.getAttribute("data-settings") as Promise<string>;
  const expectRight = async () => {
    const given = await settings();
    const texts = Object.entries(JSON.parse(given)).map(([key, value]) => [key, String(value)]);
    expectSame(JSON.parse((await figure.getAttribute("data-numbers")) as string), wanted(Object.fromEntries(texts)), given);
  };
  await figure.waitFor({ timeout: 90_000 });
  await expectRight();
  let moves = 0;
  for (const [control, key, times] of MOVES[name]) {
    await figure.getByLabel(control).focus();
    for (let i = 0; i < times; i++, moves++) {
      const before = await settings();
      await page.keyboard.press(key);
      await expect.poll(settings, { interval: 10, timeout: 10_000 }).not.toBe(before);
      await expectRight();
    }
  }
  expect(moves).toBeGreaterThanOrEqual(30);
}
