// npm run train, evaluate, ship, bench: set-up, then the TypeScript file of that name with the arguments that follow.
import { environment, projectRoot } from "./env.mjs";
import { command, runTypeScript } from "./process.mjs";
import { setUp } from "./setup.mjs";

await command(async () => {
  await setUp();
  const [name, ...args] = process.argv.slice(2);
  return runTypeScript(projectRoot, `setup/${name}.ts`, args, environment());
});
