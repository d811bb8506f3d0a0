import { createHash } from "node:crypto";

/** The sha256 of texts and bytes in turn, in hexadecimal. @example sha256("abc").slice(0, 8) // "ba7816bf" */
export function sha256(...parts: (string | Uint8Array | Float32Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
