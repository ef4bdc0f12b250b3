import { expect, test } from "vitest";
import { ciderPopulation } from "./caption-population.js";
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
} from "./simulation.js";

/*
 * A small, seeded share of `npm run bench -- statistics` (10,000 rounds: every interval within 93-97 %). The margins here are the
 * promise widened by what so few rounds can be off by; an interval half as long, or a test without its correction, falls outside.
 */
const rounds = 400;
const error = simulationError(rounds);

function expectCoverage(rate: number, margin = error): void {
  expect(rate).toBeGreaterThan(0.95 - 0.02 - margin);
  expect(rate).toBeLessThan(0.95 + 0.02 + margin);
}

test.each([0.1, 0.5, 0.9])("Wilson's interval covers a proportion of %s", (p) => {
  expectCoverage(wilsonCoverage(100, p, rounds));
});

test.each([0.1, 0.5])("the clustered interval covers with 50 clusters and an intraclass correlation of %s", (icc) => {
  expectCoverage(clusteredCoverage(50, 0.5, icc, rounds));
});

test("CIDEr's intervals cover with fixed document frequencies", () => {
  const population = ciderPopulation(1000);
  expectCoverage(bootstrapCoverage(population, 200, 200), simulationError(200));
  expectCoverage(meanCoverage(population, 200, rounds));
});

test("the interval of a difference covers, with and without an effect, alone and in clusters", () => {
  expectCoverage(differenceCoverage({ n: 200, gain: 0.05, loss: 0.05 }, rounds));
  expectCoverage(differenceCoverage({ n: 200, gain: 0.025, loss: 0.075 }, rounds));
  expectCoverage(differenceCoverage({ n: 400, gain: 0.1, loss: 0.1, clusterSize: 4 }, rounds));
});

test("the gate's false alarms stay below alpha, over one task and over eight", () => {
  const few = simulationError(rounds, 0.05);
  expect(falseAlarms({ n: 500, gain: 0.05, loss: 0.05 }, 1, rounds)).toBeLessThan(0.05 + few);
  expect(falseAlarms({ n: 300, gain: 0.05, loss: 0.05 }, 8, 200)).toBeLessThan(0.05 + simulationError(200, 0.05));
});

test("the gate sees a loss of the size that power promises about four times in five", () => {
  expect(Math.abs(powerReached(0.05, 0.1, rounds) - 0.8)).toBeLessThan(0.04 + simulationError(rounds, 0.8));
});

test("a metric of the whole split is compared with a covering interval and few false alarms", async () => {
  const { coverage, falseAlarms } = await wholeSplitRates(100, 60);
  expectCoverage(coverage, simulationError(60));
  expect(falseAlarms).toBeLessThan(0.05 + simulationError(60, 0.05));
});
