/** What a program asked of the endpoint: in which order words and images stood, their pixels, and the parameters beside them. */

import { createHash } from "node:crypto";
import sharp from "sharp";
import { sniffImage } from "../../../src/images/sniff.js";
import { type Question, type ScriptedServer, seeing, startScripted } from "../../fakes/scripted.js";
import type { Comparison } from "./comparisons.js";
import type { Row } from "./rows.js";

/** Of one request. */
export interface Asked {
  /** All texts, one after another. */
  readonly words: string;
  /** `system: `, then T for texts that follow each other and I for an image. */
  readonly places: string;
  /** Of each image: size and a digest of its colours, whatever it was encoded as. */
  readonly pixels: readonly string[];
  readonly sent: Readonly<Record<string, unknown>>;
}

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

/** Answers each row with its reply, told by the size of the first image, and is the judge of what has none; anything else gets "?". */
export async function startEndpoint(
  rows: ReadonlyMap<string, Row>,
  comparisons: readonly Comparison[],
): Promise<ScriptedServer> {
  return await startScripted((question) =>
    seeing(rows.get(sizeIn(question))?.reply ?? verdictOn(question, comparisons) ?? "?", question),
  );
}

/** The same words get the same verdict from both endpoints. */
function verdictOn({ body }: Question, comparisons: readonly Comparison[]): string | undefined {
  const words = (body.messages as Message[]).map(({ content }) => textOf(content)).join("");
  const judge = comparisons.find(({ judge }) => judge && words.includes(judge.mark))?.judge;
  if (judge === undefined) return undefined;
  const verdicts = typeof judge.verdicts === "function" ? judge.verdicts(words) : judge.verdicts;
  return verdicts[createHash("sha256").update(words).digest().readUInt16BE() % verdicts.length];
}

/** What the judge was asked, by task; once, however often. */
export function judgedOf({ asked }: ScriptedServer, comparisons: readonly Comparison[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { body } of asked) {
    const messages = (body.messages as Message[]).map(({ role, content }) => `${role}: ${textOf(content)}`).join("\n");
    const task = comparisons.find(({ judge }) => judge && messages.includes(judge.mark));
    if (task) found.set(task.theirs, (found.get(task.theirs) ?? new Set()).add(messages));
  }
  return found;
}

interface Message {
  readonly role: string;
  readonly content: string | readonly Part[];
}

const textOf = (content: Message["content"]): string =>
  typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");

/** By row, as `task n`; what was asked of no row (a probe) is left out. */
export async function askedOf(
  { asked }: ScriptedServer,
  rows: ReadonlyMap<string, Row>,
): Promise<Map<string, Asked[]>> {
  const found = new Map<string, Asked[]>();
  for (const question of asked) {
    const row = rows.get(sizeIn(question));
    if (row === undefined) continue;
    const key = `${row.task} ${row.n}`;
    found.set(key, [...(found.get(key) ?? []), await readQuestion(question)]);
  }
  return found;
}

async function readQuestion({ body }: Question): Promise<Asked> {
  const { messages, model: _model, stream: _stream, ...sent } = body;
  let [words, places] = ["", ""];
  const pixels: string[] = [];
  for (const { role, content } of messages as Message[]) {
    if (role !== "user") places += `${role}: `;
    for (const part of typeof content === "string" ? [{ type: "text", text: content } as Part] : content) {
      if (part.type !== "text") {
        places += "I";
        pixels.push(await coloursOf(bytesOf(part)));
      } else if (part.text !== "") {
        words += part.text ?? "";
        if (!places.endsWith("T")) places += "T";
      }
    }
  }
  return { words, places, pixels, sent };
}

const bytesOf = ({ image_url }: Part): Buffer => Buffer.from(image_url?.url.split(",")[1] ?? "", "base64");

function sizeIn({ body }: Question): string {
  for (const { content } of body.messages as Message[]) {
    const image = typeof content === "string" ? undefined : content.find(({ type }) => type === "image_url");
    const header = image && sniffImage(new Uint8Array(bytesOf(image)));
    if (header) return `${header.width}x${header.height}`;
  }
  return "no image";
}

async function coloursOf(bytes: Buffer): Promise<string> {
  const { data, info } = await sharp(bytes)
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return `${info.width}x${info.height} ${createHash("sha256").update(data).digest("hex").slice(0, 12)}`;
}
