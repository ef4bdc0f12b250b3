import type { CommandModule } from "yargs";
import { command as baseline } from "./baseline.js";
import { command as checkInvariance } from "./check-invariance.js";
import { command as compare } from "./compare.js";
import { command as demoData } from "./demo-data.js";
import { command as doctor } from "./doctor.js";
import { command as explain } from "./explain.js";
import { command as leaderboard } from "./leaderboard.js";
import { command as model } from "./model.js";
import { command as power } from "./power.js";
import { command as run } from "./run.js";
import { command as score } from "./score.js";
import { command as tasks } from "./tasks.js";
import { command as view } from "./view.js";
import { command as watch } from "./watch.js";

/**
 * One file per command; the order is the order in --help. `any`: yargs gives each handler the arguments that its own builder
 * declares, which the type of a list cannot say.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
export const commands: readonly CommandModule<object, any>[] = [
  run,
  tasks,
  score,
  view,
  leaderboard,
  compare,
  explain,
  power,
  baseline,
  watch,
  model,
  checkInvariance,
  demoData,
  doctor,
];
