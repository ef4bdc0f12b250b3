import { expect, test } from "vitest";
import { readSettings } from "../../src/api/settings.js";
import { violationOf } from "../../src/core/schema.js";
import { modelSchemas } from "../../src/runners/config.js";
import { modelOptions } from "../../src/runners/local/options.js";
import { flagOf, type LocalSetting, localChoices, localSettings } from "../../src/runners/local-settings.js";

const table = Object.entries<LocalSetting>(localSettings).map(([key, setting]) => {
  const good = setting.choices?.[0] ?? (setting.type === "integer" ? 2 : "something");
  return { key, flag: flagOf(key), setting, good };
});
const withIt = (key: string, value: unknown) => ({ runner: "local", checkpoint: "/some/where", [key]: value });

test.each(table)(
  "$key of a local model is --$flag, its variable and its key in a model's YAML",
  async ({ key, flag, good }) => {
    const variable = `LLAVA_EVAL_${flag.toUpperCase().replaceAll("-", "_")}`;
    expect(localChoices(await readSettings({ [flag]: String(good) }, {}))).toEqual({ [key]: good });
    expect(localChoices(await readSettings({}, { [variable]: String(good) }))).toEqual({ [key]: good });
    expect(violationOf(modelSchemas.local, withIt(key, good))).toBeUndefined();
  },
);

const limited = table.filter(({ setting }) => setting.choices !== undefined || setting.type === "integer");
test.each(limited)("a wrong $key is refused where it is given", async ({ key, flag, setting }) => {
  const bad = setting.type === "integer" ? 0 : "nonsense";
  await expect(readSettings({ [flag]: String(bad) }, {})).rejects.toMatchObject({ where: `--${flag}` });
  expect(violationOf(modelSchemas.local, withIt(key, bad))?.pointer).toBe(`/${key}`);
});

test("every setting that says how a checkpoint is read reaches the engine, but the template and what frames are, which are the runner's", () => {
  const ofPrompts = ["template", "clipAs"];
  const readings = table.filter(({ setting, key }) => setting.isReading && !ofPrompts.includes(key));
  const given = Object.fromEntries(readings.map(({ key, good }) => [key, good]));
  expect(Object.keys(modelOptions("/folder", { checkpoint: "/folder", ...given })).sort()).toEqual(
    [...readings.map(({ key }) => key), "path"].sort(),
  );
});
