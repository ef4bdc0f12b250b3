import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { configSchemas } from "../../src/api/config-schemas.js";
import { compare } from "../../src/board/compare/compare.js";
import { resolveSide } from "../../src/board/compare/side.js";
import { writeRunLeaderboard } from "../../src/board/leaderboard/collect.js";
import { publishedSchemas } from "../../src/board/schemas.js";
import { packageRoot } from "../../src/core/package-root.js";
import { sample, temporaryFolder, writeRun } from "./run-fixture.js";

const folder = join(packageRoot, "schemas");

test("schemas/ is what the types say (npm run schemas writes it)", async () => {
  const expected = { ...publishedSchemas(), ...configSchemas() };
  expect((await readdir(folder)).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, schema] of Object.entries(expected)) {
    expect(JSON.parse(await readFile(join(folder, name), "utf8")), name).toEqual(schema);
  }
});

test("the shipped schemas accept a run's files, read by a validator of their own, and refuse a broken one", async () => {
  await using root = await temporaryFolder();
  const samples = [sample(0, 1), sample(1, 0)];
  const dir = await writeRun(root.dir, "a", { tasks: { vqav2: { samples } } });
  await writeRunLeaderboard(dir);
  const ajv = new Ajv2020({ strict: false });
  const validator = async (name: string) => ajv.compile(JSON.parse(await readFile(join(folder, name), "utf8")));
  const json = async (name: string) => JSON.parse(await readFile(join(dir, name), "utf8"));
  const side = await resolveSide(dir, root.dir);
  const options = {
    alpha: 0.05,
    minEffect: 1,
    seed: 0,
    replicates: 100,
    flips: 5,
    force: false,
    metricsOf: async () => undefined,
  };
  const comparison = JSON.parse(JSON.stringify(await compare(side, side, options)));
  const cases: readonly [string, unknown][] = [
    ["run.v1.json", await json("run.json")],
    ["result.v1.json", await json("vqav2.json")],
    ["leaderboard.v1.json", await json("leaderboard.json")],
    ["sample.v1.json", samples[0]],
    ["comparison.v1.json", comparison],
  ];
  for (const [name, data] of cases) {
    const validate = await validator(name);
    expect(validate(data), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true);
    expect(validate({ ...(data as object), [name.startsWith("sample") ? "id" : "schema"]: 3 }), name).toBe(false);
  }
});
