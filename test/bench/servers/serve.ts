/**
 * `transformers serve` against the local engine: the same checkpoints, the same questions, greedy. Two implementations through
 * two paths must write the same answers; where they do not, what the two most likely tokens were worth is asked of transformers.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Answered, ask, cell, kindOf, type Sample, type Section, wordsOf } from "./asking.js";
import { freePort, output, pythonWith, root, started, versionsIn } from "./programs.js";

const demo = join(root, "configs/demo/model");
const tasks = ["vqav2", "mmmu", "pope", "coco2017_cap"];
/** Greedy answers of random weights end in near ties; a gap below this is one of rounding, not of another prompt or image. */
const tie = 2e-3;

interface Case {
  readonly name: string;
  readonly folder: string;
  readonly limit: number;
  readonly dtype?: "bf16";
  /** What the engine is told to render: nothing, or `checkpoint`. Default: nothing. */
  readonly templates?: readonly (string | undefined)[];
  /** Random weights do not end by themselves. */
  readonly mostTokens?: number;
}

/** @param only  checkpoints whose name contains it */
export async function serve(
  work: string,
  packages: readonly string[],
  { vocabularies, only }: { readonly vocabularies: string; readonly only: string },
): Promise<Section> {
  const bin = await pythonWith(work, "serve", packages);
  const python = join(bin, "python");
  const folder = join(work, "checkpoints");
  await mkdir(folder, { recursive: true });
  const program = join(root, "test/bench/servers/make_checkpoints.py");
  const list = join(folder, "made.txt");
  if (!existsSync(list)) await writeFile(list, output(python, [program, folder, demo, vocabularies], offline));
  const made = await readFile(list, "utf8");
  const families = /^families: (.*)$/m.exec(made)?.[1]?.split(" ").filter(Boolean) ?? [];
  const both = { templates: [undefined, "checkpoint"], mostTokens: 16 };
  const cases: readonly Case[] = [
    { name: "demo", folder: "demo", limit: 128 },
    { name: "demo, bfloat16 on both sides", folder: "demo", limit: 32, dtype: "bf16" },
    { name: "demo, saved again by transformers, other image constants", folder: "demo-saved-again", limit: 32 },
    ...families.map((name) => ({ name, folder: name, limit: 8, ...both })),
  ];
  const lines = [
    "| checkpoint | samples | prompt tokens, engine and server | answer tokens | answers that differ | why |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  const faults: string[] = [];
  for (const one of cases.filter(({ name }) => name.includes(only))) {
    for (const row of await compare(work, bin, { ...one, folder: join(folder, one.folder) })) {
      lines.push(row.line);
      faults.push(...row.faults);
      console.log(row.line);
    }
  }
  const blind = await textModel(work, bin, join(folder, "demo-text-only"));
  lines.push("", `A text model that drops the images: ${blind.said}`);
  faults.push(...blind.faults);
  console.log(blind.said);
  const versions = `${versionsIn(bin, ["transformers", "torch", "tokenizers", "fastapi", "uvicorn"])}; float32 on the CPU`;
  return { title: "`transformers serve` against the local engine", versions, lines, faults };
}

const offline = { ...process.env, HF_HUB_OFFLINE: "1", TOKENIZERS_PARALLELISM: "false" };

interface Row {
  readonly line: string;
  readonly faults: readonly string[];
}

async function compare(work: string, bin: string, one: Case): Promise<readonly Row[]> {
  const most = one.mostTokens === undefined ? [] : ["--max-new-tokens", String(one.mostTokens)];
  const local = (template: string | undefined) =>
    ask(work, {
      name: `local-${nameOf(one)}`,
      model: `local:${one.folder}`,
      tasks,
      limit: one.limit,
      args: ["--device", "cpu", "--dtype", one.dtype ?? "fp32", ...most, ...(template ? ["--template", template] : [])],
    });
  const [first, ...others] = one.templates ?? [undefined];
  const ours = [await local(first)];
  if (ours[0]?.samples.size === 0) {
    const words = cell(wordsOf(ours[0]) || ours[0].stderr);
    const faults = /is not implemented/.test(words) ? [] : [`${one.name}: ${words}`];
    return [{ line: `| ${one.name} | 0 | | | | ${words} |`, faults }];
  }
  for (const template of others) ours.push(await local(template));
  const { theirs, requests } = await served(work, bin, one, most);
  const rows: Row[] = [];
  for (const [i, template] of [first, ...others].entries()) {
    const answered = ours[i] as Answered;
    const isSamePrompt = answered.promptTokens === theirs.promptTokens;
    const differing = [...answered.samples].flatMap(([id, sample]) =>
      sample.text === theirs.samples.get(id)?.text
        ? []
        : [{ request: requests.get(keyOf(sample)), text: sample.text ?? "" }],
    );
    const gaps = isSamePrompt && differing.length > 0 ? await gapsOf(work, bin, one, differing) : [];
    const name = template ? `${one.name}, --template ${template}` : one.name;
    rows.push(rowOf(name, { ours: answered, theirs }, differing.length, gaps));
  }
  return rows;
}

const nameOf = ({ name }: Case) => name.replace(/\W+/g, "-");

/** With the checkpoint's own template nothing may differ but near ties; with ours, what the server renders is its own matter. */
function rowOf(
  name: string,
  { ours, theirs }: { readonly ours: Answered; readonly theirs: Answered },
  differ: number,
  gaps: readonly number[],
): Row {
  const silent = [ours, theirs].find(({ samples }) => samples.size === 0);
  if (silent)
    return { line: `| ${name} | 0 | | | | ${cell(wordsOf(silent))} |`, faults: [`${name}: ${wordsOf(silent)}`] };
  const more = theirs.promptTokens - ours.promptTokens;
  const apart = gaps.map((gap) => gap.toExponential(1)).join(", ");
  const why =
    more !== 0
      ? `other prompts: ${(Math.abs(more) / ours.samples.size).toFixed(1)} tokens a sample ${more > 0 ? "more" : "fewer"} at the server`
      : gaps.length > 0
        ? `the two best logits of the first token that differs are ${apart} apart`
        : "";
  const isExplained =
    more !== 0 ? !name.includes("--template") : gaps.length === differ && gaps.every((gap) => gap < tie);
  const counts = `${ours.promptTokens}, ${theirs.promptTokens} | ${ours.completionTokens}, ${theirs.completionTokens}`;
  return {
    line: `| ${name} | ${ours.samples.size} | ${counts} | ${differ} | ${why} |`,
    faults: isExplained ? [] : [`${name}: ${differ} answers differ; ${why}`],
  };
}

type Requests = ReadonlyMap<string, unknown>;

/** The answers of `transformers serve DIR`, and the requests that it was sent, by prompt and images. */
async function served(
  work: string,
  bin: string,
  one: Case,
  args: readonly string[],
): Promise<{ theirs: Answered; requests: Requests }> {
  const port = await freePort();
  const dtype = one.dtype === "bf16" ? "bfloat16" : "float32";
  const command = ["serve", one.folder, "--device", "cpu", "--dtype", dtype, "--port", String(port)];
  const name = nameOf(one);
  const start = { port, log: join(work, `serve-${name}.log`), seconds: 300, environment: offline };
  await using _server = await started(join(bin, "transformers"), command, start);
  await using between = await recorder(port);
  const urls = [`http://127.0.0.1:${between.port}/v1`];
  const model = { runner: "openai", model: one.folder, name: "serve", urls, timeoutSeconds: 600 };
  const theirs = await ask(work, { name: `serve-${name}`, model, tasks, limit: one.limit, args });
  return { theirs, requests: between.requests };
}

/** Hands everything on, and remembers what was asked. */
async function recorder(port: number): Promise<AsyncDisposable & { port: number; requests: Requests }> {
  const requests = new Map<string, unknown>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const headers = { "content-type": "application/json" };
    const sent = request.method === "GET" ? {} : { body, headers };
    const reply = await fetch(`http://127.0.0.1:${port}${request.url}`, { method: request.method ?? "GET", ...sent });
    response.writeHead(reply.status, { "content-type": reply.headers.get("content-type") ?? "text/plain" });
    response.end(Buffer.from(await reply.arrayBuffer()));
    if (body.length > 0) remember(requests, JSON.parse(body.toString("utf8")) as ChatRequest);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface ChatRequest {
  readonly messages: readonly { readonly content: string | readonly Part[] }[];
}
interface Part {
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

function remember(requests: Map<string, unknown>, request: ChatRequest): void {
  const { content = "" } = request.messages.at(-1) ?? {};
  const parts: readonly Part[] = typeof content === "string" ? [{ text: content }] : content;
  const images = parts.flatMap(({ image_url }) => {
    if (!image_url) return [];
    const bytes = Buffer.from(image_url.url.replace(/^data:[^,]*,/, ""), "base64");
    return [createHash("sha256").update(bytes).digest("hex").slice(0, 32)];
  });
  requests.set(keyOf({ prompt: parts.map(({ text }) => text ?? "<image>").join(""), images }), request);
}

const keyOf = ({ prompt, images }: Pick<Sample, "prompt" | "images">) => JSON.stringify([prompt, images]);

/** How far the two best logits are apart at the first token where transformers' answer leaves ours. */
async function gapsOf(
  work: string,
  bin: string,
  one: Case,
  asked: readonly { readonly request: unknown; readonly text: string }[],
): Promise<readonly number[]> {
  const file = join(work, "differing.json");
  await writeFile(file, JSON.stringify(asked));
  const program = join(root, "test/bench/servers/first_gap.py");
  const dtype = one.dtype === "bf16" ? "bfloat16" : "float32";
  const said = output(join(bin, "python"), [program, one.folder, dtype, file], offline);
  return [...said.matchAll(/^gap (\S+)$/gm)].map(([, gap]) => Number(gap));
}

/** A server of a text model answers questions about images without a word: the run must not begin. */
async function textModel(
  work: string,
  bin: string,
  folder: string,
): Promise<{ said: string; faults: readonly string[] }> {
  const { theirs } = await served(work, bin, { name: "text-only", folder, limit: 8 }, []);
  const said = wordsOf(theirs);
  const isRefused = theirs.samples.size === 0 && /the server ignored the image/.test(said);
  return { said: `${kindOf(theirs)}: ${said}`, faults: isRefused ? [] : [`a text model: ${kindOf(theirs)}: ${said}`] };
}
