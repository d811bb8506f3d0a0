/** What all figures share, made when the first one asks for it: the series and the models with their tensors. */
import data from "explore:data";
import { unpacked } from "../answers/data";
import { chainOf, standIn, switchingSeries } from "../answers/series";
import { planesOf } from "../answers/value";

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

const tdlgm = once(() => unpacked<import("../../../lib/models/tdlgm").TdlgmConfig>(data.models.tdlgm));
const dlgm = once(() => unpacked<import("../../../lib/models/dlgm").DlgmConfig>(data.models.dlgm));
const memory = once(() => unpacked<import("../../../lib/models/tdlgm").TdlgmConfig>(data.models.memory));
/** The models. */
export const models = {
  get tdlgm() {
    return tdlgm();
  },
  get dlgm() {
    return dlgm();
  },
  get memory() {
    return memory();
  },
};

/** The values that the series has. */
export const values = data.transitions.values.map((v) => v / 1000);
/** tDLGM's planes, a layer each. */
export const planes = once(() => planesOf(models.tdlgm, values));
