// npm run train, evaluate, ship, bench: set-up, then the TypeScript file of that name with the arguments that follow.
import { environment, projectRoot } from "./env.mjs";
import { command, runTypeScript } from "./process.mjs";
import { setUp } from "./setup.mjs";

await command(async () => {
  await setUp();
  const [name, ...args] = process.argv.slice(2);
  const env = environment();
  // Settled before TensorFlow loads: one thread is faster at these sizes, leaves the other cores to others, and is a fair measure.
  env.TF_NUM_INTRAOP_THREADS ??= "1";
  return runTypeScript(projectRoot, `setup/${name}.ts`, args, env);
});
