/** The shape of lib/: who imports whom, what the notebooks' compiler says, how long a file is, what is documented. */
import * as fs from "node:fs";
import * as path from "node:path";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import { describe, expect, it } from "vitest";

const root = path.resolve(__dirname, "..");
const lib = path.join(root, "lib");
const ts = require("@tslab/typescript-for-tslab") as typeof TypeScript;

/** The folders of lib/, each of which imports from itself and from those before it. */
const LAYERS = ["base", "tensor", "data", "metrics", "models", "inference", "training", "notebook", "paper", "exercises"];

const files = (fs.readdirSync(lib, { recursive: true }) as string[])
  .map((name) => name.split(path.sep).join("/"))
  .filter((name) => name.endsWith(".ts"));
const parsed = new Map(
  files.map((name) => [name, ts.createSourceFile(name, fs.readFileSync(path.join(lib, name), "utf8"), ts.ScriptTarget.ES2022, true)]),
);

/** What a file imports or re-exports by value: files of lib/ by their paths, packages by their names. Types alone are left out. */
function imports(name: string): string[] {
  const found: string[] = [];
  const visit = (node: TypeScript.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const typesAlone =
        clause?.isTypeOnly || (!clause?.name && named && ts.isNamedImports(named) && named.elements.every((e) => e.isTypeOnly));
      if (!typesAlone) found.push((node.moduleSpecifier as TypeScript.StringLiteral).text);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && !node.isTypeOnly)
      found.push((node.moduleSpecifier as TypeScript.StringLiteral).text);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      found.push((node.moduleReference.expression as TypeScript.StringLiteral).text);
    } else if (
      ts.isCallExpression(node) &&
      (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === "require")
    ) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) found.push(argument.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed.get(name)!);
  return found.map((target) =>
    target.startsWith(".") ? `${path.posix.join(path.posix.dirname(name), target.replace(/\.js$/, ""))}.ts` : target,
  );
}

/** All that a file reaches. */
function reaches(name: string, seen = new Set<string>()): Set<string> {
  for (const target of parsed.has(name) ? imports(name) : []) {
    if (seen.has(target)) continue;
    seen.add(target);
    reaches(target, seen);
  }
  return seen;
}

const layerOf = (name: string) => LAYERS.indexOf(name.split("/")[0]);
const inLayers = files.filter((name) => name.includes("/"));

describe("imports in lib/", () => {
  it("name files that are there, by relative paths", () => {
    for (const name of files)
      for (const target of imports(name).filter((t) => t.endsWith(".ts"))) expect(files, `${name} imports ${target}`).toContain(target);
  });

  it("go from a folder to itself and to those before it", () => {
    expect([...new Set(inLayers.map((name) => name.split("/")[0]))].sort()).toEqual([...LAYERS].sort());
    const upward = inLayers.flatMap((name) =>
      imports(name)
        .filter((target) => parsed.has(target) && layerOf(target) > layerOf(name))
        .map((target) => `${name} imports ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it("have no circle", () => {
    const circles = files.filter((name) => reaches(name).has(name));
    expect(circles).toEqual([]);
  });

  it("take TensorFlow in by tensor/backend.ts alone", () => {
    const users = files.filter((name) => imports(name).some((t) => t.startsWith("@tensorflow/") && t !== "@tensorflow/tfjs-core"));
    expect(users).toEqual(["tensor/backend.ts"]);
  });

  it("keep models and training apart from danfo, figures and display", () => {
    for (const name of files.filter((file) => /^(tensor|models|inference|training)\//.test(file)))
      expect(
        [...reaches(name)].filter((t) => /danfojs|plotly|tslab|playwright/.test(t)),
        name,
      ).toEqual([]);
  });
});

describe("the files of lib/", () => {
  it("compile strictly under the notebooks' own TypeScript", () => {
    expect(ts.version).toMatch(/^5\.0\./);
    const program = ts.createProgram(
      files.map((name) => path.join(lib, name)),
      {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        esModuleInterop: true,
        resolveJsonModule: true,
        target: ts.ScriptTarget.ES2022,
        lib: ["lib.es2022.d.ts"],
        module: ts.ModuleKind.CommonJS,
        moduleResolution: ts.ModuleResolutionKind.Node10,
        typeRoots: [path.join(root, "node_modules/@types")],
        types: ["node"],
      },
    );
    const errors = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const at =
        file && start !== undefined ? `${path.relative(root, file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} ` : "";
      return at + ts.flattenDiagnosticMessageText(messageText, "\n");
    });
    expect(errors).toEqual([]);
  });

  it("have at most 300 lines", () => {
    for (const [name, source] of parsed) expect(source.text.split("\n").length, name).toBeLessThanOrEqual(301);
  });

  it("have a doc comment on every export", () => {
    const bare: string[] = [];
    for (const [name, source] of parsed) {
      for (const node of source.statements) {
        const exported = ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword);
        if (!exported) continue;
        if (!(node as { jsDoc?: unknown[] }).jsDoc?.length) bare.push(`${name}: ${node.getText().slice(0, 60)}`);
      }
    }
    expect(bare).toEqual([]);
  });

  it("draw no number from Math.random", () => {
    for (const [name, source] of parsed) expect(source.text, name).not.toMatch(/Math\s*\.\s*random/);
  });
});
