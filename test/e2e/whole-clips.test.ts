/** Clips sent whole (`--frame-profile server`): the bodies that APIs document, and kept apart from frames. Needs no ffmpeg. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { clip, hasFfmpeg } from "../video/with-ffmpeg.js";
import { root, Workplace } from "./cli.js";

const task = join(root, "test", "forms", "clips.ts");
type Loose = Record<string, unknown>;
const listOf = (holder: Loose | undefined, key: string) => (holder?.[key] ?? []) as Loose[];

/** A server that answers text and one form of a request with a clip, and refuses everything else with what it was sent. */
async function startStrict(accepts: (path: string, body: Loose) => boolean) {
  const asked: Loose[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const path = request.url ?? "";
      const text = Buffer.concat(pieces).toString();
      const body = text === "" ? {} : (JSON.parse(text) as Loose);
      const isText = !text.includes("base64") && !text.includes("inlineData");
      const good = request.method === "POST" && (isText || accepts(path, body));
      if (good && !isText) asked.push(body);
      const answer = path.includes("generateContent")
        ? { candidates: [{ content: { role: "model", parts: [{ text: "yes" }] }, finishReason: "STOP" }] }
        : { choices: [{ index: 0, message: { role: "assistant", content: "yes" }, finish_reason: "stop" }] };
      const refusal = { error: { message: `refused: ${path} ${text.slice(0, 400)}` } };
      response.writeHead(good ? 200 : 400, { "content-type": "application/json" });
      response.end(JSON.stringify(good ? answer : refusal));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    asked,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function writeRows(place: Workplace, names: readonly string[]): Promise<void> {
  await mkdir(place.file("data", "videos"), { recursive: true });
  for (const name of names) await copyFile(clip(name), place.file("data", "videos", name));
  const rows = names.map((video, i) => ({ id: `q${i}`, video, question: `What is ${i}?`, answer: "yes" }));
  await writeFile(place.file("data", "clips.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

const run = (place: Workplace, model: string, ...more: readonly string[]) =>
  place.run("run", "--tasks", task, "--data", "data", "--model", model, "--frame-profile", "server", ...more);

/** SHA-256 of what stands in a data URL or in a part, and its media type. */
function sent(data: string): string {
  return createHash("sha256").update(Buffer.from(data, "base64")).digest("hex");
}

test("video_url: the clip's own bytes, vLLM's words for a number of frames, and the journal says who sampled", async () => {
  await using place = await Workplace.make();
  await writeRows(place, ["bt709.mp4", "text.mp4"]);
  const seen: unknown[] = [];
  await using server = await startStrict((path, body) => {
    const [message, ...others] = listOf(body, "messages");
    const [video, question, ...rest] = listOf(message, "content");
    const url = String((video?.video_url as Loose | undefined)?.url);
    const [, type, data] = /^data:([^;]+);base64,(.+)$/.exec(url) ?? [];
    seen.push([type, data && sent(data), question, body.media_io_kwargs]);
    return path === "/v1/chat/completions" && video?.type === "video_url" && others.length + rest.length === 0;
  });
  const model = `openai:fake@${server.origin}/v1`;
  const asked = await run(place, model, "--frames", "8", "--out", "out");
  expect([asked.exitCode, asked.stderr]).toEqual([2, expect.any(String)]);
  expect(seen).toEqual([
    [
      "video/mp4",
      expect.stringMatching(/^2e0eab202381266b/),
      { type: "text", text: "What is 0?" },
      { video: { num_frames: 8 } },
    ],
  ]);
  const [sample, text] = await place.samples("out", "clips");
  expect(sample?.clips).toEqual([
    { file: expect.stringMatching(/^2e0eab202381266b/), stream: 0, frames: [], times: [], sampledBy: "server" },
  ]);
  expect(text?.score).toMatchObject({ reason: "data", detail: expect.stringContaining("no clip that servers know") });
  expect((await place.result("out", "clips")).frames).toEqual({
    rule: "sampled by the server, asked for 8 frames",
    decoder: "the server's, unknown here",
  });

  // Without a number nothing is asked for, and the answer to the other request is none to this one.
  expect((await run(place, model, "--out", "plain")).exitCode).toBe(2);
  expect(seen[1]).toEqual(["video/mp4", expect.any(String), expect.any(Object), undefined]);
  const apart = await place.run("compare", "out", "plain");
  expect([apart.exitCode, apart.stderr]).toEqual([1, expect.stringContaining("frames of clips")]);
});

test("Gemini: a part with the clip, and how often it is to be looked at", async () => {
  await using place = await Workplace.make({ GEMINI_API_KEY: "key" });
  await writeRows(place, ["bt709.mp4"]);
  const seen: unknown[] = [];
  await using server = await startStrict((path, body) => {
    const [content, ...others] = listOf(body, "contents");
    const [video, question, ...rest] = listOf(content, "parts");
    const { mimeType, data, ...more } = (video?.inlineData ?? {}) as Loose;
    seen.push([mimeType, sent(String(data)), question, video?.videoMetadata]);
    const known = Object.keys(video ?? {}).every((key) => ["inlineData", "videoMetadata"].includes(key));
    return /:generateContent$/.test(path) && known && Object.keys(more).length + others.length + rest.length === 0;
  });
  const model = `gemini:fake@${server.origin}/v1beta`;
  const asked = await run(place, model, "--fps", "2", "--out", "out");
  expect([asked.exitCode, asked.stderr]).toEqual([0, expect.any(String)]);
  expect(seen).toEqual([["video/mp4", expect.stringMatching(/^2e0eab202381266b/), { text: "What is 0?" }, { fps: 2 }]]);
});

test.skipIf(!hasFfmpeg)("compare refuses a run whose server sampled against one with frames", async () => {
  await using place = await Workplace.make();
  await writeRows(place, ["bt709.mp4"]);
  await using server = await startStrict(() => true);
  await using endpoint = await startEndpoint();
  expect((await run(place, `openai:fake@${server.origin}/v1`, "--out", "whole")).exitCode).toBe(0);
  const model = `openai:fake@${endpoint.url}`;
  const frames = ["run", "--tasks", task, "--data", "data", "--model", model, "--frames", "2", "--out", "frames"];
  expect((await place.run(...frames)).exitCode).toBe(0);
  const compared = await place.run("compare", "frames", "whole");
  expect([compared.exitCode, compared.stderr]).toEqual([
    1,
    expect.stringMatching(/frames of clips.*2 by middles.*sampled by the server/),
  ]);
  const explained = await place.run("explain", "frames", "whole", "--format", "json");
  expect(JSON.parse(explained.stdout)).toMatchObject([{ first: "frames" }]);
});

test("a whole clip goes only where an API has a place for it", async () => {
  await using place = await Workplace.make();
  await writeRows(place, ["bt709.mp4"]);
  const says = async (...args: Parameters<typeof run>) => {
    const ended = await run(...args);
    return [ended.exitCode, ended.stderr];
  };
  expect(await says(place, "anthropic:claude")).toEqual([1, expect.stringContaining("takes no whole clips")]);
  expect(await says(place, "gemini:fake", "--frames", "8")).toEqual([
    1,
    expect.stringContaining("Gemini samples by the second"),
  ]);
  expect(await says(place, "openai:fake", "--fps", "1", "--max-frames", "8")).toEqual([
    1,
    expect.stringContaining("--max-frames is not for servers that sample"),
  ]);
});
