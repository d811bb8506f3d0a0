/** What all figures share, made when the first one asks for it: the series and the models with their tensors. */
import data from "explore:data";
import type { DlgmConfig } from "../../../lib/models/dlgm";
import type { TdlgmConfig } from "../../../lib/models/tdlgm";
import { type PageModels, unpacked } from "../answers/data";
import { chainOf, standIn, switchingSeries } from "../answers/series";

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export { data };

/** The stand-in's values. */
export const series = once(() => standIn(data));
/** The switching series. */
export const switching = once(switchingSeries);
/** The stand-in's chain. */
export const chain = once(() => chainOf(data));

const tdlgm = once(() => unpacked<TdlgmConfig>(data.models.tdlgm));
const dlgm = once(() => unpacked<DlgmConfig>(data.models.dlgm));
const above = once(() => unpacked<TdlgmConfig>(data.models.above));
const below = once(() => unpacked<TdlgmConfig>(data.models.below));
/** The models, each unpacked when it is first asked for. */
export const models: PageModels = {
  get tdlgm() {
    return tdlgm();
  },
  get dlgm() {
    return dlgm();
  },
  get above() {
    return above();
  },
  get below() {
    return below();
  },
};

/** The values that the series has. */
export const values = data.transitions.values.map((v) => v / 1000);
