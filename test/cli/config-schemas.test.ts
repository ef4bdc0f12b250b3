import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../e2e/cli.js";

const shipped = (name: string) => JSON.parse(readFileSync(join(root, "schemas", name), "utf8"));

test.each([
  ["model.v1.json", "configs/models"],
  ["suite.v1.json", "configs/suites"],
])("every file fits %s", (name, folder) => {
  const validate = new Ajv2020({ strict: false }).compile(shipped(name));
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith(".yaml"));
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) {
    expect(
      validate(parse(readFileSync(join(root, folder, file), "utf8"))),
      `${file}: ${JSON.stringify(validate.errors)}`,
    ).toBe(true);
  }
});
