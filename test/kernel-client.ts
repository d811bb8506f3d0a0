/** A kernel over the Jupyter protocol, driven by a real client (test/kernel_client.py). */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";

/** A message of a cell. */
export interface Output {
  type: string;
  name?: string;
  text?: string;
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}
/** What became of a cell. */
export interface Ran {
  reply: { status: string; execution_count: number; ename?: string };
  outputs: Output[];
}

export const root = path.resolve(__dirname, "..");

/** The project's Python, and the environment in which its tools run. */
export async function tools(): Promise<{ python: string; env: NodeJS.ProcessEnv }> {
  const { environment, paths } = await import("../setup/env.mjs");
  return { python: paths(root).python, env: environment(root) };
}

/** A kernel and its client, spoken to in JSON lines. */
export class Client {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private constructor({ python, env }: Awaited<ReturnType<typeof tools>>, folder: string | undefined) {
    this.child = spawn(python, [path.join(root, "test/kernel_client.py"), ...(folder ? [folder] : [])], {
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.reader = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    this.lines = this.reader[Symbol.asyncIterator]();
  }
  /** Starts one, for a notebook in this folder; `ready` is how many seconds it took. */
  static async start(folder?: string): Promise<{ kernel: Client; ready: number }> {
    const kernel = new Client(await tools(), folder);
    return { kernel, ...(await kernel.answer<{ ready: number }>()) };
  }
  async answer<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error("the kernel's client ended");
    return JSON.parse(value);
  }
  ask<T>(request: object): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.answer<T>();
  }
  run(...codes: string[]): Promise<Ran[]> {
    return this.ask({ op: "run", codes });
  }
  async one(code: string): Promise<Ran> {
    return (await this.run(code))[0];
  }
  interrupt(code: string, after = 1): Promise<Ran> {
    return this.ask<Ran>({ op: "interrupt", code, after });
  }
  close(): void {
    this.child.stdin?.end();
    this.reader.close();
  }
}

export const error = (cell: Ran) => cell.outputs.find((o) => o.type === "error");
const printed = (name: string) => (cell: Ran) =>
  cell.outputs.flatMap((o) => (o.type === "stream" && o.name === name ? [o.text] : [])).join("");
export const stdout = printed("stdout");
export const stderr = printed("stderr");
export const result = (cell: Ran) => cell.outputs.find((o) => o.type === "execute_result")?.data?.["text/plain"];
