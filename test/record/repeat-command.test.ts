import { expect, test } from "vitest";
import { repeatCommand } from "../../src/record/repeat-command.js";

test("a run's settings are written as the flags that ask for it again, where it went left out", () => {
  const config = {
    ...{ tasks: ["vqav2", "pope"], data: "/my rows", limit: 20, out: "results/x", fresh: true, "max-failed": "5%" },
    ...{ judge: ["openai:a@http://h/v1,http://i/v1", "none"], cache: "it's", model: { runner: "stub" } },
  };
  expect(repeatCommand({ config })).toEqual({
    line: "npx llava-eval run --model stub --tasks vqav2,pope --data '/my rows' --limit 20 --max-failed 5% --judge openai:a@http://h/v1,http://i/v1 --judge none --cache 'it'\\''s'",
  });
});

test("a model is written as --model takes it, or as a file where it has more settings than that says", () => {
  const line = (model: Record<string, string | boolean | readonly string[]>, name?: string) =>
    repeatCommand({ config: { model, ...(name === undefined ? {} : { name }) } });
  expect(line({ runner: "local", checkpoint: "./ckpt", revision: "abc" }).line).toContain("--model local:./ckpt@abc");
  expect(line({ runner: "replay", file: "old" }).line).toContain("--model replay:old");
  expect(line({ runner: "anthropic", model: "claude" }).line).toContain("--model anthropic:claude");
  expect(line({ runner: "openai", model: "m", urls: ["http://a/v1", "http://b/v1"], name: "mine" }, "mine").line).toBe(
    "npx llava-eval run --model openai:m@http://a/v1,http://b/v1 --name mine",
  );
  const model = { runner: "openai", model: "m", temperature: false };
  const { line: withFile, modelFile } = line(model);
  expect(withFile).toBe("npx llava-eval run --model ./model.yaml");
  expect(JSON.parse(modelFile ?? "")).toEqual(model);
});

test("a run that came from elsewhere puts nothing beside its flags into the line", () => {
  const config = { "x; touch pwned #": "y", "$(id)": true, "Limit\nrm -rf ~": 1, seed: "$(id)\n`id`", tasks: ["pope"] };
  expect(repeatCommand({ config }).line).toBe("npx llava-eval run --seed '$(id)\n`id`' --tasks pope");
});
