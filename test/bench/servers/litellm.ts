/** LiteLLM's proxy in front of every reply of the upstream: is each scored, refused or failed as when it is asked directly? */

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Answered, ask, cell, kindOf, type Section, wordsOf } from "./asking.js";
import { freePort, pythonWith, started, versionsIn } from "./programs.js";
import { type Family, replies, startUpstream } from "./upstream.js";

const key = `sk-${randomBytes(16).toString("hex")}`;
const model: Readonly<Record<Family, string>> = {
  openai: "openai/m",
  anthropic: "anthropic/claude-sonnet-4-5",
  gemini: "gemini/gemini-2.5-flash",
};
/** What follows the mode in an upstream's URL: what each provider's client adds by itself. */
const version: Readonly<Record<Family, string>> = { openai: "/v1", anthropic: "/v1", gemini: "/v1beta" };

/** LiteLLM's own protocols of these providers. What an OpenAI upstream has to speak for them is another API. */
const native: readonly Family[] = ["anthropic", "gemini"];

/** What LiteLLM takes away or puts in where it makes OpenAI's form of another: the two ways cannot be equal. */
const explained: Readonly<Record<string, string>> = {
  "openai-list": "LiteLLM refuses a list for content",
  "openai-thinktag": "LiteLLM takes `<think>` out of the text itself",
  "anthropic-empty": "LiteLLM makes null of no parts: no answer, where none is the empty answer at Anthropic",
  "anthropic-window": "LiteLLM says `stop` for `model_context_window_exceeded`",
};

export async function litellm(work: string, packages: readonly string[]): Promise<Section> {
  const bin = await pythonWith(work, "litellm", packages);
  await using behind = await startUpstream();
  await using alone = await startUpstream();
  const port = await freePort();
  // JSON is YAML; LiteLLM looks at the file's ending.
  const config = join(work, "litellm.yaml");
  await writeFile(
    config,
    JSON.stringify({
      model_list: replies.map(({ family, mode }) => ({
        model_name: `${family}-${mode}`,
        litellm_params: {
          model: model[family],
          api_base: `${behind.url}/${family}/${mode}${family === "openai" ? "/v1" : ""}`,
          api_key: "k",
        },
      })),
      litellm_settings: { num_retries: 0, telemetry: false, request_timeout: 20 },
      router_settings: { num_retries: 0, disable_cooldowns: true },
      general_settings: { master_key: key },
    }),
  );
  await using _proxy = await started(
    join(bin, "litellm"),
    ["--config", config, "--port", String(port), "--host", "127.0.0.1"],
    {
      port,
      log: join(work, "litellm.log"),
      seconds: 180,
      environment: { ...process.env, PATH: `${bin}:${process.env.PATH}`, LITELLM_LOCAL_MODEL_COST_MAP: "True" },
    },
  );
  await warmUp(work, port);
  const lines = ["| reply | asked directly | through LiteLLM | words through LiteLLM |", "| --- | --- | --- | --- |"];
  const faults: string[] = [];
  let same = 0;
  const by = (runner: Family, name: string) => `${name}${runner === "openai" ? "" : `, by ${runner}'s protocol`}`;
  for (const { family, mode } of replies) {
    const name = `${family}-${mode}`;
    const common = { tasks: ["pope"], limit: 3 };
    // LiteLLM gives the provider 20 s: what hangs is found by us before, what is slow on a busy machine is not.
    const file = { attempts: 2, timeoutSeconds: mode === "hang" ? 8 : 60, concurrency: 1, apiKey: "env:KEY" };
    const directly = await ask(work, {
      ...common,
      name: `direct-${name}`,
      model: { ...file, runner: family, model: "m", urls: [`${alone.url}/${family}/${mode}${version[family]}`] },
      environment: { KEY: "k-direct-1234" },
    });
    for (const runner of native.includes(family) ? (["openai", family] as const) : (["openai"] as const)) {
      const through = await ask(work, {
        ...common,
        name: `litellm-${runner}-${name}`,
        model: { ...file, runner, model: name, urls: [`http://127.0.0.1:${port}${version[runner]}`] },
        environment: { KEY: key },
      });
      const equal = fate(directly) === fate(through);
      const reason = runner === "openai" ? explained[name] : undefined;
      if (equal) same++;
      else if (reason === undefined) faults.push(`${by(runner, name)}: ${kindOf(directly)} / ${kindOf(through)}`);
      const why = equal ? "" : ` **other**: ${reason ?? "not explained"}`;
      const cells = [
        by(runner, name),
        cell(kindOf(directly)),
        `${cell(kindOf(through))}${why}`,
        cell(wordsOf(through)),
      ];
      lines.push(`| ${cells.join(" | ")} |`);
      console.log(lines.at(-1));
    }
  }
  lines.push("", `${same} of ${lines.length - 2} the same.`);
  return {
    title: "LiteLLM in front of 43 replies",
    versions: versionsIn(bin, ["litellm", "fastapi", "uvicorn"]),
    lines,
    faults,
  };
}

/** LiteLLM loads most of itself at its first request. */
async function warmUp(work: string, port: number): Promise<void> {
  const urls = [`http://127.0.0.1:${port}/v1`];
  const model = { runner: "openai", model: "openai-ok", urls, apiKey: "env:KEY", timeoutSeconds: 120 };
  await ask(work, { name: "litellm-first", tasks: ["pope"], limit: 1, model, environment: { KEY: key } });
}

/** Scored, refused or failed, sample by sample; a run that was stopped because no sample could work has failed. */
function fate(answered: Answered): string {
  return kindOf(answered).replace(/stopped \(exit 1\)|3 failed/, "failed");
}
