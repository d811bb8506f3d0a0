/**
 * The parts of packages that the lib uses: papaparse, ttest and distributions come without types, and pure-rand describes its files under
 * `exports`, which the notebooks' TypeScript does not read. These declarations serve both compilers.
 */
interface PureRandGenerator {
  clone(): PureRandGenerator;
  next(): number;
  getState(): readonly number[];
}

declare module "pure-rand/generator/xoroshiro128plus" {
  export function xoroshiro128plusFromState(state: readonly number[]): PureRandGenerator;
}

declare module "pure-rand/distribution/uniformFloat64" {
  export function uniformFloat64(rng: PureRandGenerator): number;
}

declare module "pure-rand/distribution/uniformInt" {
  export function uniformInt(rng: PureRandGenerator, from: number, to: number): number;
}

declare module "papaparse" {
  export function parse(
    text: string,
    config: { delimiter: string; newline: string },
  ): { data: string[][]; errors: { row?: number; message: string }[] };
  export function unparse(rows: readonly (readonly string[])[], config: { newline: string }): string;
}

declare module "ttest" {
  interface Test {
    testValue(): number;
    freedom(): number;
    pValue(): number;
  }
  function ttest(differences: number[]): Test;
  function ttest(left: number[], right: number[]): Test;
  export default ttest;
}

declare module "distributions" {
  interface Distribution {
    cdf(x: number): number;
    pdf(x: number): number;
    inv(p: number): number;
  }
  export function Normal(mean: number, sd: number): Distribution;
  export function Studentt(df: number): Distribution;
}

declare module "@tensorflow/tfjs-node-gpu/dist/proto/api_pb" {
  // biome-ignore lint/suspicious/noExplicitAny: classes with the accessors that the protocol buffers' compiler wrote
  const messages: Record<string, any>;
  export = messages;
}
