/** The kinds of models by their names. A new kind is its own file and a line here. */
import { checkChoice, checkObject, refuse } from "../base/check";
import { type Check, frozen, type TrainingConfig } from "./config";
import { dlgm } from "./dlgm";
import type { Kind } from "./kind";
import { lstm } from "./lstm";
import { tdlgm } from "./memory";
import { rnn } from "./rnn";
import { timegan } from "./timegan";
import { vrnn } from "./vrnn";

/** All kinds. */
export const KINDS = { tdlgm, dlgm, rnn, vrnn, timegan, lstm };

type Kinds = typeof KINDS;
type ConfigOf<K> = K extends Kind<infer C> ? C : never;
/** A model's settings, complete. */
export type FullConfig = { [name in keyof Kinds]: ConfigOf<Kinds[name]> }[keyof Kinds];
/** A model's settings as a caller gives them: its kind, and what shall differ from the defaults. */
export type ModelConfig = { [name in keyof Kinds]: { kind: name } & Partial<ConfigOf<Kinds[name]>> }[keyof Kinds];

const named = (kind: string) => KINDS[kind as keyof Kinds] as unknown as Kind<TrainingConfig>;

/** The kind of a model's settings, all of them, with the methods that they ask for. */
export function kindOf(config: TrainingConfig): Kind<TrainingConfig> {
  checkObject(config, "config", "an object with a kind");
  checkChoice(config.kind, "config.kind", Object.keys(KINDS));
  const kind = named(config.kind);
  return kind.variant ? { ...kind, ...kind.variant(config) } : kind;
}

/** The columns of a model's series. */
export const columnsOf = (config: TrainingConfig): number => kindOf(config).columns?.(config) ?? 1;

/** Fills in the defaults. @throws Error naming the first setting that is unknown or out of its range */
export function completeConfig<N extends keyof Kinds>(config: Extract<ModelConfig, { kind: N }>): Extract<FullConfig, { kind: N }> {
  if (typeof config !== "object" || config === null) refuse("config", "an object with a kind", config);
  checkChoice(config.kind, "config.kind", Object.keys(KINDS) as N[]);
  return complete(named(config.kind), config) as unknown as Extract<FullConfig, { kind: N }>;
}

/** A kind's settings with its defaults filled in. @throws Error naming the first setting that is unknown or out of its range */
function complete<C extends TrainingConfig>(kind: Kind<C>, given: Record<string, unknown>): C {
  const { defaults, checks } = kind;
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, key))
      throw new Error(`config.${key} is not a setting of ${defaults.kind}; it has ${Object.keys(defaults).join(", ")}`);
    if (value === undefined) throw new Error(`config.${key} is undefined; leave it out for its default`);
  }
  const config = { ...defaults, ...given } as C;
  for (const [key, check] of Object.entries<Check>(checks)) check(config[key as keyof C], `config.${key}`);
  kind.check?.(config);
  return frozen(structuredClone(config));
}
