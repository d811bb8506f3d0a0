/** The explorable page in Chromium, opened from a file: each figure moved thirty times, the numbers that it shows beside those of TensorFlow. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { page as explorePage } from "../setup/explore/build";
import { pageData } from "../setup/explore/data";
import { faults } from "./axe";
import { expectations } from "./exploreExpected";
import { expectSame, MOVES } from "./exploreMoves";

const root = path.resolve(__dirname, "..");
const figures = expectations(pageData());
let folder: string;
let address: string;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(path.join(root, ".local"), { recursive: true });
  folder = mkdtempSync(path.join(root, ".local", "explore-page-"));
  const file = path.join(folder, "explore.html");
  writeFileSync(file, await explorePage());
  address = pathToFileURL(file).href;
  const { browserLaunch } = await import("../setup/browser.mjs");
  browser = await chromium.launch(browserLaunch(root));
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the page at an address, in a context of its own; nothing but the page itself may be asked for, and nothing may fail. */
async function opened(hash: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ offline: true, viewport: { width: 1180, height: 900 }, ...options });
  const trouble: string[] = [];
  try {
    const page = await context.newPage();
    page.on("request", (r) => r.url().split("#")[0] === address || /^data:/.test(r.url()) || trouble.push(`asked ${r.url()}`));
    page.on("pageerror", (e) => trouble.push(e.message));
    page.on("console", (m) => m.type() === "error" && trouble.push(m.text()));
    await page.goto(`${address}${hash}`);
    await look(page);
  } finally {
    await context.close();
  }
  expect(trouble).toEqual([]);
}

const shownNumbers = async (page: Page) => JSON.parse((await page.locator(".explore:visible").getAttribute("data-numbers")) as string);
/** The page's address, from the page: the browser's own copy of it lags behind. */
const addressOf = (page: Page) => page.evaluate<string>("location.href");
const settingsOf = async (page: Page) => Object.fromEntries(new URLSearchParams(new URL(await addressOf(page)).hash.slice(1)));
/** What the page shows is what its address asks for. */
async function expectRight(page: Page): Promise<void> {
  const address = await addressOf(page);
  const { figure, ...settings } = await settingsOf(page);
  expectSame(await shownNumbers(page), figures[figure](settings), address);
}

describe("the page", () => {
  test("is one file of at most 3 MB, whose policy lets nothing else be executed or asked for", async () => {
    expect(statSync(path.join(folder, "explore.html")).size).toBeLessThan(3e6);
    await opened("", {}, async (page) => {
      const policy = (await page.locator("meta[http-equiv]").getAttribute("content")) as string;
      expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+';/);
      expect(policy).not.toMatch(/unsafe|file:|http|\*/);
      expect(await page.locator("[style], iframe, object, embed, base, form").count()).toBe(0);
      expect(await page.getByRole("tab").allTextContents()).toEqual([
        "One value",
        "Noise",
        "Latent map",
        "Algorithm 1",
        "Film of a training",
        "Free runs",
      ]);
    });
  });

  test("executes no script that gets into it, and loads nothing", async () => {
    const page = await browser.newPage();
    const [stopped, loaded]: string[][] = [[], []];
    await page.goto(address);
    page.on("requestfailed", (r) => stopped.push(r.failure()?.errorText ?? ""));
    page.on("requestfinished", (r) => loaded.push(r.url()));
    await page.evaluate(`
      const script = document.createElement("script");
      script.textContent = "window.hit = true";
      const image = document.createElement("img");
      image.src = "http://127.0.0.1:9/x.png";
      document.body.append(script, image);
      document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hit = true'><p style='background: red'>p</p>");
    `);
    await page.waitForTimeout(300);
    expect(await page.evaluate("[typeof window.hit, document.querySelector('p:last-of-type').style.background]")).toEqual([
      "undefined",
      "",
    ]);
    expect([stopped, loaded]).toEqual([["csp", "csp"], []]);
    await page.close();
  });

  for (const [figure, moves] of Object.entries(MOVES)) {
    test(`moves ${figure} thirty times, by the keyboard alone, and is right each time`, async () => {
      await opened(`#figure=${figure}`, {}, async (page) => {
        await expectRight(page);
        let moved = 0;
        for (const [control, key, times] of moves) {
          const slider = page.locator(".explore:visible").getByLabel(control);
          await slider.focus();
          for (let i = 0; i < times; i++) {
            const before = await addressOf(page);
            await page.keyboard.press(key);
            await expect.poll(() => addressOf(page)).not.toBe(before);
            await expectRight(page);
            moved++;
          }
        }
        expect(moved).toBeGreaterThanOrEqual(30);
      });
    });
  }

  test("holds figure, seed and settings in its address, which restores the picture; a broken address is none", async () => {
    const hash = "#figure=value&t=77&noise=-0.2&xi=draw&seed=9&layer=1&a=0&b=0&arrow=mix";
    let picture: string;
    await opened(hash, {}, async (page) => {
      expect(new URL(await addressOf(page)).hash).toBe(hash);
      await expectRight(page);
      await page.getByLabel("seed of the draw").focus();
      await page.keyboard.press("ArrowRight");
      picture = await page.locator(".picture:visible").innerHTML();
      const shared = new URL(await addressOf(page)).hash;
      expect(shared).toContain("seed=10");
      await opened(shared, {}, async (other) => {
        expect(await other.locator(".picture:visible").innerHTML()).toBe(picture);
        // Typed into the same page, an address is followed too.
        await other.evaluate("location.hash = '#figure=map&sd=3&beta=2'");
        await expect.poll(() => other.locator(".says:visible").textContent()).toContain("σ = 0.2, β = 4");
      });
    });
    await opened("#figure=%3Cimg%20src=x%20onerror=alert(1)%3E&t=NaN", {}, async (page) => {
      expect(await settingsOf(page)).toMatchObject({ figure: "value", t: "40" });
    });
    await opened("#figure=noise&printed=1e9&reading=%3Cb%3E&seed=-4&p=x", {}, async (page) => {
      expect(await settingsOf(page)).toEqual({
        figure: "noise",
        printed: "0.1",
        reading: "variance",
        p: "1",
        seed: "0",
        xi: "mean",
        method: "tDLGM",
      });
      await expectRight(page);
    });
  });

  test("lets ξ be dragged by the mouse and by a finger, and shows the code of the arrow that is pressed", async () => {
    const handle = async (page: Page) => {
      const box = (await page.locator(".handle").boundingBox())!;
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const ends: number[] = [];
    await opened("#figure=value", {}, async (page) => {
      await page.locator(".handle").scrollIntoViewIfNeeded();
      const { x, y } = await handle(page);
      await page.mouse.move(x, y);
      await page.mouse.down();
      for (let i = 1; i <= 10; i++) {
        await page.mouse.move(x - 5 * i, y + i);
        await expectRight(page);
      }
      await page.mouse.up();
      await page.mouse.move(x + 40, y);
      const settings = await settingsOf(page);
      expect(settings).toMatchObject({ xi: "own", layer: "1" });
      const now = await handle(page);
      expect(Math.abs(now.x - (x - 50)) + Math.abs(now.y - (y + 10))).toBeLessThan(3);
      ends.push((await shownNumbers(page)).v);
      await page.getByRole("button", { name: /^\(11\)/ }).click();
      await expect.poll(() => page.locator(".code").textContent()).toMatch(/lib\/models\/tdlgm\.ts, line \d+h\[l\] = tf\.add\(R\.output/);
    });
    await opened("#figure=value", { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } }, async (page) => {
      await page.locator(".handle").scrollIntoViewIfNeeded();
      const { x, y } = await handle(page);
      const touch = await page.context().newCDPSession(page);
      const send = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
        touch.send("Input.dispatchTouchEvent", { type, touchPoints: points });
      await send("touchStart", [{ x, y }]);
      for (let i = 1; i <= 10; i++) await send("touchMove", [{ x: x - 5 * i, y: y + i }]);
      await send("touchEnd", []);
      expect(await settingsOf(page)).toMatchObject({ xi: "own", layer: "1" });
      await expectRight(page);
      ends.push((await shownNumbers(page)).v);
      // Chromium drops a tap that comes at once after a drag: whoever sees nothing taps again.
      const tapped = async () => {
        await page.getByRole("button", { name: /^\(17\)/ }).tap();
        return page.locator(".code").textContent();
      };
      await expect.poll(tapped, { interval: 500 }).toContain("lstmWeights(w, `k");
    });
    expect(Math.abs(ends[0] - ends[1])).toBeLessThan(0.1);
  });

  test("can be gone through by the keyboard alone, tabs and buttons too", async () => {
    await opened("", {}, async (page) => {
      const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()");
      await page.keyboard.press("Tab");
      expect(await focused()).toBe("Report");
      await page.keyboard.press("Tab");
      expect(await focused()).toBe("tab-value");
      for (const name of ["noise", "map", "score", "film", "futures", "value", "noise"]) {
        await page.keyboard.press("ArrowRight");
        expect(await focused()).toBe(`tab-${name}`);
        expect((await settingsOf(page)).figure).toBe(name);
        await expectRight(page);
      }
      await page.keyboard.press("Tab");
      expect(await focused()).toContain("Copy a link");
      await page.keyboard.press("Tab");
      await page.keyboard.press("ArrowRight");
      expect((await settingsOf(page)).printed).toBe("0.031");
      await page.keyboard.press("Tab"); // a group of options is one stop
      await page.keyboard.press("ArrowRight");
      expect((await settingsOf(page)).reading).toBe("sd");
      await expectRight(page);
      await page.evaluate("location.hash = '#figure=film&moment=0'");
      await page.getByRole("button", { name: "Play" }).focus();
      await page.keyboard.press("Enter");
      await expect.poll(async () => Number((await settingsOf(page)).moment)).toBeGreaterThan(2);
      await page.keyboard.press("Space");
      await expectRight(page);
    });
  });

  for (const [name, colorScheme, options] of [
    ["desktop", "light", {}],
    ["phone", "dark", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
  ] as [string, "light" | "dark", BrowserContextOptions][])
    test(`fits a ${name}, ${colorScheme}, and axe finds no fault`, async () => {
      for (const figure of Object.keys(MOVES))
        await opened(`#figure=${figure}`, { ...options, colorScheme }, async (page) => {
          expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), figure).toBe(true);
          const bright = `getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3 > 128`;
          expect(await page.evaluate(bright)).toBe(colorScheme === "light");
          expect(await faults(page), figure).toEqual([]);
        });
    });
});
