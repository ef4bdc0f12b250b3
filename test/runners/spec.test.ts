import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { isTemplateName } from "../../src/runners/local/prompt/templates.js";
import { presetNames, resolveModel } from "../../src/runners/spec.js";

const errorOf = async (spec: string): Promise<UserError> => {
  const error = await resolveModel(spec).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return error;
};

async function errorOfFile(yaml: string): Promise<UserError> {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-spec-"));
  try {
    await writeFile(join(folder, "m.yaml"), yaml);
    return await errorOf(join(folder, "m.yaml"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("--model", () => {
  test.each([
    ["openai:gpt-4o", { runner: "openai", model: "gpt-4o" }],
    [
      "openai:org/m@v2@http://a:1/v1,http://b:2/v1",
      { runner: "openai", model: "org/m@v2", urls: ["http://a:1/v1", "http://b:2/v1"] },
    ],
    ["anthropic:claude-x", { runner: "anthropic", model: "claude-x" }],
    ["gemini:gemini-x", { runner: "gemini", model: "gemini-x" }],
    ["local:/data/llava@home", { runner: "local", checkpoint: "/data/llava@home" }],
    [
      "local:lmms-lab/llava-next-72b@abc123",
      { runner: "local", checkpoint: "lmms-lab/llava-next-72b", revision: "abc123" },
    ],
    ["replay:runs/a", { runner: "replay", file: "runs/a" }],
    ["stub", { runner: "stub" }],
    ["stub:yes", { runner: "stub", answer: "yes" }],
  ])("%s is understood", async (spec, config) => {
    expect(await resolveModel(spec)).toEqual(config);
  });

  test.each([
    ["llava-next-27b", /did you mean "llava-next-72b"/],
    ["openia:gpt-4o", /no model or preset named "openia:gpt-4o"/],
    ["openai:", /not complete/],
    ["openai:m@localhost:8000", /no URL in/],
    ["openai:m@http://user:secret@host/v1", /must not hold a user name or password/],
    ["replay:", /replay:FILE/],
    ["/no/such/file.yaml", /no such file/],
    ["/tmp", /"\/tmp" is a folder[\s\S]*write local:\/tmp/],
    ["./no-such-folder", /no folder "\.\/no-such-folder"[\s\S]*local:DIR/],
    ["~/checkpoint", /no folder "~\/checkpoint"[\s\S]*local:DIR/],
    ["liuhaotian/llava-v1.5-7b", /local:liuhaotian\/llava-v1\.5-7b[\s\S]*openai:liuhaotian\/llava-v1\.5-7b@URL/],
    ["http://host:8000/v1", /a URL alone names no model[\s\S]*openai:ID@URL/],
  ])("%s is an error that says what to do", async (spec, words) => {
    expect((await errorOf(spec)).format()).toMatch(words);
  });

  test("a bare URL's password is not repeated", async () => {
    expect((await errorOf("http://me:secret@host/v1")).format()).not.toContain("secret");
  });

  test("a mistake in a model file is named with line and column, and the nearest key", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-spec-"));
    const file = join(folder, "m.yaml");
    await writeFile(file, "runner: openai\nmodel: m\ntimeoutSecond: 5\n");
    const error = await errorOf(file);
    expect(error.where).toBe(`${file}:3:1`);
    expect(error.format()).toMatch(/did you mean "timeoutSeconds"/);
    await writeFile(file, "runner: openai\nmodel: m\napiKey: sk-0123456789\n");
    expect((await errorOf(file)).where).toBe(`${file}:3:9`);
    await rm(folder, { recursive: true });
  });

  test.each([
    ["holds itself", "runner: openai\nmodel: &a [*a]\n", /an alias stands inside what it names/],
    ["holds itself in its body", "runner: openai\nmodel: m\nbody: &a {x: *a}\n", /an alias stands inside/],
    ["is nested deeper than the stack", `runner: openai\nmodel: ${"[".repeat(50_000)}\n`, /nested too deeply/],
    [
      "waits longer than a timer can",
      "runner: openai\nmodel: m\ntimeoutSeconds: 3000000\n",
      /timeoutSeconds must be <= 86400/,
    ],
    [
      "has a time that is none",
      "runner: openai\nmodel: m\ntimeoutSeconds: .inf\n",
      /timeoutSeconds .*\(found Infinity\)/,
    ],
  ])("a model file that %s is refused", async (_, yaml, words) => {
    expect((await errorOfFile(yaml)).format()).toMatch(words);
  });

  test.each([
    ["openai", "{messages: []}", "messages", /tasks new/],
    ["openai", "{messages: null}", "messages", /tasks new/],
    ["openai", "{model: other}", "model", /under model/],
    ["openai", "{stream: true}", "stream", /--repeats/],
    ["openai", "{n: 5}", "n", /--repeats/],
    ["openai", "{temperature: 2}", "temperature", /--temperature T/],
    ["openai", "{max_tokens: 1}", "max_tokens", /--max-new-tokens N/],
    ["anthropic", "{system: be brief}", "system", /tasks new/],
    ["gemini", "{contents: []}", "contents", /tasks new/],
    ["gemini", "{cachedContent: cachedContents/1}", "cachedContent", /tasks new/],
    ["gemini", "{generationConfig: {maxOutputTokens: 1}}", "generationConfig.maxOutputTokens", /--max-new-tokens N/],
    ["gemini", "{generation_config: {candidate_count: 3}}", "generation_config.candidate_count", /--repeats/],
  ])("%s's body must not ask something else: %s", async (runner, body, field, fix) => {
    const error = await errorOfFile(`runner: ${runner}\nmodel: m\nbody: ${body}\n`);
    expect(error.message).toContain(`body.${field} would ask something else`);
    expect(error.fix).toMatch(fix);
  });
});

describe("the presets", () => {
  test("are valid, name templates that exist, and hold no key", async () => {
    const names = await presetNames();
    expect(names).toContain("llava-next-72b");
    expect(names.length).toBeGreaterThanOrEqual(15);
    for (const name of names) {
      const config = await resolveModel(name);
      expect([name, config.about]).toEqual([name, expect.any(String)]);
      if (config.runner !== "local" || config.template === undefined) continue;
      expect([name, isTemplateName(config.template)]).toEqual([name, true]);
    }
  });

  test("honest fields of requests are no keys, whatever their names have in them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-honest-"));
    const file = join(folder, "m.yaml");
    const body = {
      stop: ["</s>"],
      stop_token_ids: [2],
      prompt_cache_key: "nightly-pope",
      top_k: 4,
      tokenizer_mode: "auto",
      chat_template_kwargs: { bos_token: "<s>", image_token: "<image>", enable_thinking: false },
      key_frames: "auto",
      mm_processor_kwargs: { num_keys: "4", keyword: "a" },
      response_format: { type: "json_schema", json_schema: { schema: { properties: { key: { type: "string" } } } } },
      metadata: { author: "me", auth_type: "none", user: "ci" },
    };
    const config = {
      runner: "openai",
      model: "m",
      urls: ["http://gpu-1:8000/v1?api-version=2024-12-01-preview"],
      apiKey: "env:MY_TEAM_2_GATEWAY_TOKEN_V2",
      headers: { "anthropic-version": "2023-06-01", "x-title": "llava-eval", "http-referer": "https://x.org/@me" },
      body,
    };
    await writeFile(file, JSON.stringify(config));
    expect(await resolveModel(file)).toEqual(config);
    await rm(folder, { recursive: true });
  });
});
