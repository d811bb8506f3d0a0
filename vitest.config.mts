import { defineConfig } from "vitest/config";

// One process a file: TensorFlow's native library holds state, and two cores want two of them at most.
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], pool: "forks", maxWorkers: 2, testTimeout: 120_000, hookTimeout: 120_000 },
});
