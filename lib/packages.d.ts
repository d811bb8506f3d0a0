/**
 * The parts of two packages that the lib uses: papaparse comes without types, and pure-rand describes its files under
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
}
