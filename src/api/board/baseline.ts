/** Baselines: the runs that later ones are compared with. */
export { type Accepted, acceptBaseline } from "../../board/baseline.js";
