/**
 * Coverage of every interval and false alarms of the gate, by simulation from known truths.
 *   npm run bench -- statistics [--rounds 4000]
 */

import { parseArgs } from "node:util";
import { ciderPopulation } from "../statistics/caption-population.js";
import {
  bootstrapCoverage,
  clusteredCoverage,
  differenceCoverage,
  falseAlarms,
  meanCoverage,
  powerReached,
  simulationError,
  wholeSplitRates,
  wilsonCoverage,
} from "../statistics/simulation.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "4000" } } });
const rounds = Number(values.rounds);
const percent = (rate: number) => `${(100 * rate).toFixed(2)} %`;
const print = (what: string, rate: number, promise: string) =>
  console.log(`${what.padEnd(64)} ${percent(rate).padStart(8)}   ${promise}`);

console.log(`${rounds} rounds each; the simulation itself is good to ±${percent(simulationError(rounds))}\n`);
for (const n of [100, 400, 1000]) {
  for (const p of [0.1, 0.3, 0.5, 0.7, 0.9])
    print(`Wilson, n = ${n}, p = ${p}`, wilsonCoverage(n, p, rounds), "93-97 %");
}
for (const clusters of [50, 100, 400]) {
  for (const p of [0.2, 0.5, 0.8]) {
    for (const icc of [0.1, 0.5])
      print(
        `clustered, ${clusters} clusters, p = ${p}, icc = ${icc}`,
        clusteredCoverage(clusters, p, icc, rounds),
        "93-97 %",
      );
  }
}
const population = ciderPopulation(5000);
for (const n of [200, 500]) {
  const few = Math.ceil(rounds / 4);
  print(`CIDEr, bootstrap, fixed document frequencies, ${n} images`, bootstrapCoverage(population, n, few), "93-97 %");
  print(`CIDEr, t interval, fixed document frequencies, ${n} images`, meanCoverage(population, n, rounds), "93-97 %");
}
for (const n of [50, 200, 1000]) {
  print(
    `difference, n = ${n}, 10 % discordant, no effect`,
    differenceCoverage({ n, gain: 0.05, loss: 0.05 }, rounds),
    "93-97 %",
  );
  print(
    `difference, n = ${n}, 10 % discordant, loss of 5 points`,
    differenceCoverage({ n, gain: 0.025, loss: 0.075 }, rounds),
    "93-97 %",
  );
}
print(
  "difference, 400 samples in clusters of 4, 20 % discordant",
  differenceCoverage({ n: 400, gain: 0.1, loss: 0.1, clusterSize: 4 }, rounds),
  "93-97 %",
);
print("false alarms, 1 task, n = 500", falseAlarms({ n: 500, gain: 0.05, loss: 0.05 }, 1, rounds), "at most 5 %");
print("false alarms, 8 tasks, n = 500", falseAlarms({ n: 500, gain: 0.05, loss: 0.05 }, 8, rounds), "at most 5 %");
print(
  "false alarms, 8 tasks, 400 samples in clusters of 4",
  falseAlarms({ n: 400, gain: 0.1, loss: 0.1, clusterSize: 4 }, 8, Math.ceil(rounds / 8)),
  "at most 5 %",
);
for (const delta of [0.02, 0.05])
  print(
    `power reached for a loss of ${100 * delta} points, 10 % discordant`,
    powerReached(delta, 0.1, rounds),
    "about 80 %",
  );
const whole = await wholeSplitRates(200, Math.ceil(rounds / 10));
print("F1 through its fold, 200 images: interval of the difference", whole.coverage, "93-97 %");
print("F1 through its fold, 200 images: false alarms", whole.falseAlarms, "at most 5 %");
