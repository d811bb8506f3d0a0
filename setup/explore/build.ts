/**
 * Builds the explorable figures: npx tsx setup/explore/build.ts FOLDER report, or FOLDER module.
 *
 * - report: explore.html, one file with code, weights and style in it, which asks for nothing and executes nothing but its own script;
 *   assets/explore.js and .css, which draw figures in the pages of notebooks.
 * - module: explore.mjs and .css, the figures for a host of anywidget's convention.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { writeAtomically } from "../../lib/base/files";
import { projectRoot } from "../../lib/base/project";
import { pageData } from "./data";

/** The data as a module, and what a page has in place of TensorFlow and of WebAssembly. */
const forPages = (): Plugin => ({
  name: "for pages",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^explore:data$/ }, ({ path: name }) => ({ path: name, namespace: "explore" }));
    onLoad({ filter: /.*/, namespace: "explore" }, () => ({ contents: JSON.stringify(pageData()), loader: "json" }));
    onResolve({ filter: /^distributions$/ }, () => ({ path: path.join(__dirname, "distributions.ts") }));
    onResolve({ filter: /\/backend$/ }, ({ resolveDir, path: name }) =>
      path.resolve(resolveDir, name) === path.join(projectRoot(), "lib/tensor/backend")
        ? { path: path.join(__dirname, "backend.ts") }
        : undefined,
    );
  },
});

/** The code of an entry point with all that it imports, for a browser; or for Node, where tests compute with it. */
export async function bundled(entry: string, more: Pick<BuildOptions, "platform" | "format">): Promise<string> {
  const result = await build({
    entryPoints: [path.join(__dirname, entry)],
    bundle: true,
    write: false,
    minify: true,
    charset: "utf8",
    target: "es2022",
    legalComments: "eof",
    mainFields: ["module", "main"],
    logLevel: "error",
    plugins: [forPages()],
    ...more,
  });
  return result.outputFiles[0].text;
}

const styleOf = (file: string) => fs.readFileSync(path.join(__dirname, "page", file), "utf8");
const policyHash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The page. */
export async function page(): Promise<string> {
  // An inline script ends at the first "</script", wherever it stands.
  const script = (await bundled("page/page.ts", { platform: "browser", format: "iife" })).replaceAll("</script", "<\\/script");
  const style = styleOf("explore.css") + styleOf("page.css");
  const policy = `default-src 'none'; script-src ${policyHash(script)}; style-src ${policyHash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>tDLGM: explore the model</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body class="explore-page">
<header>
<nav aria-label="Report"><a href="index.html">Report</a></nav>
<h1>tDLGM in your hands</h1>
<p class="lead">The trained model runs in this page, without a server. The series is the stand-in: drawn from the trace’s transition table, not the trace itself.</p>
</header>
<main></main>
<script>${script}</script>
</body>
</html>
`;
}

const FORMS: Record<string, () => Promise<Record<string, string>>> = {
  report: async () => ({
    "explore.html": await page(),
    "assets/explore.js": await bundled("page/inReport.ts", { platform: "browser", format: "iife" }),
    "assets/explore.css": styleOf("explore.css"),
  }),
  module: async () => ({
    "explore.mjs": await bundled("page/module.ts", { platform: "browser", format: "esm" }),
    "explore.css": styleOf("explore.css"),
  }),
};

async function main([folder, form]: string[]): Promise<void> {
  if (!folder || !(form in FORMS)) throw new Error(`name a folder, and ${Object.keys(FORMS).join(" or ")}`);
  for (const [name, text] of Object.entries(await FORMS[form]())) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeAtomically(path.join(folder, name), text);
  }
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
