/**
 * Servers written by others, in front of an endpoint and behind one: `transformers serve` against the local engine on the same
 * checkpoints, LiteLLM in front of 43 replies, nginx, squid and tinyproxy. Installs what it needs: PyPI's packages into virtual
 * environments below --work, Debian's by apt-get. Some GB and a quarter of an hour; not in CI.
 *   npm run bench -- servers [serve] [litellm] [nginx] [proxies] [--work DIR] [--reports DIR]
 *     [--vocabularies DIR] [--only TEXT]
 * --vocabularies: a folder of llama2, llama3, mistral and qwen2, each with the tokenizer.json.gz of a published checkpoint; the
 * repository has mistral alone. --only: of `serve`, the checkpoints whose names contain it. Exit code 1 when something is neither as expected nor explained.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Section } from "./servers/asking.js";
import { litellm } from "./servers/litellm.js";
import { nginx } from "./servers/nginx.js";
import { output, root } from "./servers/programs.js";
import { proxies } from "./servers/proxies.js";
import { serve } from "./servers/serve.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: "string", default: join(root, "build/servers") },
    vocabularies: { type: "string", default: join(root, "test/runners/local/data") },
    only: { type: "string", default: "" },
    reports: { type: "string", default: join(root, "test/bench/reports") },
  },
});
const work = resolve(values.work);

const parts: Readonly<Record<string, () => Promise<Section>>> = {
  serve: () => serve(work, ["transformers[serving]==5.24.0", "torch==2.15.0", "torchvision", "accelerate"], values),
  litellm: () => litellm(work, ["litellm[proxy]==1.108.7"]),
  nginx: () => nginx(work),
  proxies: () => proxies(work),
};
const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = wanted.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) throw new Error(`no part "${unknown}": ${Object.keys(parts).join(", ")}`);

const date = new Date().toISOString().slice(0, 10);
const commit = output("git", ["-C", root, "rev-parse", "--short", "HEAD"]).trim();
const machine = `Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model.trim()}`;
const folder = resolve(values.reports);
await mkdir(folder, { recursive: true });
for (const name of wanted) {
  const { title, versions, lines, faults } = await (parts[name] as () => Promise<Section>)();
  const rest = faults.length > 0 ? faults.map((fault) => `- ${fault}`) : ["Nothing."];
  const report = [
    `# ${title}, ${date}`,
    "",
    `${versions}. llava-eval ${commit}, ${machine}. Made by \`npm run bench -- servers ${name}\`.`,
    ...["", ...lines, "", "## Neither as expected nor explained", "", ...rest],
  ];
  const file = join(folder, `servers-${name}-${date}.md`);
  await writeFile(file, `${report.join("\n")}\n`);
  console.log(`${faults.length} neither as expected nor explained; ${file}`);
  if (faults.length > 0) process.exitCode = 1;
}
