import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openTokenizer } from "../../../src/runners/local/tokenizer/open-tokenizer.js";
import { readSentencePieceModel } from "../../../src/runners/local/tokenizer/sentencepiece-model.js";
import { sentencePieceTokenizer } from "../../../src/runners/local/tokenizer/sentencepiece-tokenizer.js";
import { goldenFolder, hasGolden } from "./golden-folder.js";
import { bytesField, llamaStyleModel, numberField, piece } from "./sentencepiece-writer.js";
import { dataFolder, readLines, readTokenizerFile, type TextCase } from "./tokenizer-cases.js";

interface OriginalCase {
  readonly text?: string;
  readonly ids: number[];
  readonly decoded: string;
}

const control = (content: string, id: number) => ({
  id,
  content,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
const plain = { added: [], addBos: false, legacy: true, addPrefixSpace: true };

describe.each(["bpe", "bpe-chat", "bpe-plain", "unigram", "unigram-plain"])("the %s model", (name) => {
  const path = join(dataFolder, "sentencepiece", `${name}.model`);
  const tokenizer = sentencePieceTokenizer(readSentencePieceModel(readFileSync(path), path), plain);
  const cases = readLines<OriginalCase>(join(dataFolder, "sentencepiece", `${name}.cases.jsonl`));

  test("gives sentencepiece's own ids", () => {
    const texts = cases.filter((each) => each.text !== undefined);
    expect(texts.length).toBeGreaterThan(60);
    for (const { text, ids } of texts) expect({ text, ids: tokenizer.encode(text ?? "") }).toEqual({ text, ids });
  });

  test("decodes as sentencepiece does", () => {
    // Unknown pieces differ on purpose: sentencepiece writes " ⁇ ", transformers skips the special token.
    const known = cases.filter(({ ids }) => !ids.includes(0));
    expect(known.length).toBeGreaterThan(30);
    for (const { ids, decoded } of known) expect({ ids, text: tokenizer.decode(ids) }).toEqual({ ids, text: decoded });
  });

  test("segments any text without loss when it has byte fallback", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const ids = tokenizer.encode(text);
        if (!name.endsWith("-plain")) expect(tokenizer.decode(ids)).toBe(text.replaceAll("\u2581", " "));
      }),
    );
  });
});

const families = [
  { name: "mistral", folder: join(dataFolder, "mistral"), cases: "cases.jsonl.gz", here: true },
  {
    name: "llama2",
    folder: join(goldenFolder, "tokenizers/llama2"),
    cases: "cases.jsonl",
    here: hasGolden("tokenizers/llama2"),
  },
];
for (const { name, folder, cases, here } of families) {
  describe.skipIf(!here)(`tokenizer.model of ${name}${here ? "" : " (its golden folder is not here)"}`, () => {
    const added = [control("<unk>", 0), control("<s>", 1), control("</s>", 2)];

    test.each([true, false])("gives the ids of transformers' slow tokenizer, legacy %s", (legacy) => {
      const model = readSentencePieceModel(llamaStyleModel(readTokenizerFile(folder)), name);
      const tokenizer = sentencePieceTokenizer(model, { added, addBos: true, legacy, addPrefixSpace: true });
      const lines = readLines<TextCase>(join(folder, cases));
      expect(lines.some((line) => line.ids_slow_nonlegacy)).toBe(true);
      const wrong = lines.filter(({ text, ids, ids_slow_nonlegacy }) => {
        const expected = legacy ? ids : (ids_slow_nonlegacy ?? ids);
        return tokenizer.encode(text).join() !== expected.join();
      });
      expect(wrong).toEqual([]);
      expect({ start: tokenizer.start, length: tokenizer.length }).toEqual({ start: [1], length: 32000 });
    });
  });
}

describe("a folder with only tokenizer.model", () => {
  const model = readFileSync(join(dataFolder, "sentencepiece/bpe.model"));

  async function open(files: Record<string, unknown>, imageTokenId?: number) {
    const folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
    try {
      await writeFile(join(folder, "tokenizer.model"), model);
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(content));
      return (await openTokenizer(folder, imageTokenId === undefined ? {} : { imageTokenId })).tokenizer;
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test("recognises its own control tokens and adds BOS", async () => {
    const tokenizer = await open({});
    expect(tokenizer.start).toEqual([1]);
    expect(tokenizer.encode("a</s>").at(-1)).toBe(2);
    expect(tokenizer.decode([1, ...tokenizer.encode("a red bus"), 2])).toBe("a red bus");
  });

  test("reads added_tokens.json and gives names that the vocabulary lacks the next ids", async () => {
    const tokenizer = await open(
      {
        "added_tokens.json": { "<image>": 700 },
        "tokenizer_config.json": { bos_token: "<|startoftext|>", eos_token: { content: "<|endoftext|>" } },
      },
      700,
    );
    expect(tokenizer.idOf("<|startoftext|>")).toBe(701);
    expect(tokenizer.idOf("<|endoftext|>")).toBe(702);
    expect(tokenizer.length).toBe(703);
    expect(tokenizer.encode("a <image>")).not.toContain(700);
  });

  test("applies lstrip and rstrip of added tokens", async () => {
    const entry = { content: "<sep>", lstrip: true, rstrip: true, special: true };
    const tokenizer = await open({ "tokenizer_config.json": { added_tokens_decoder: { "700": entry } } });
    expect(tokenizer.encode("red  <sep>  bus")).toEqual([...tokenizer.encode("red"), 700, ...tokenizer.encode("bus")]);
  });

  test("without any tokenizer file says which files it looked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
    await expect(openTokenizer(folder)).rejects.toThrow("neither tokenizer.json nor tokenizer.model");
    await rm(folder, { recursive: true });
  });
});

describe("a broken tokenizer.model", () => {
  const unknown = piece("<unk>", 0, 2);
  const bpe = bytesField(2, numberField(3, 2));

  test.each([
    ["an empty file", Buffer.alloc(0), "no unknown piece"],
    ["a length beyond the file", Buffer.from([0x0a, 0xff, 0xff, 0x03, 1]), "a field of 65535 bytes"],
    ["an endless number", Buffer.alloc(12, 0xff), "more than 10 bytes"],
    ["a model of words", Buffer.concat([unknown, bytesField(2, numberField(3, 3))]), 'model type "word"'],
    [
      "a normalisation table",
      Buffer.concat([unknown, bpe, bytesField(3, bytesField(2, Buffer.from("x")))]),
      "normalisation table",
    ],
    [
      "a piece that is not UTF-8",
      Buffer.concat([unknown, bytesField(1, bytesField(1, Buffer.from([0xff])))]),
      "not UTF-8",
    ],
    ["an unknown piece type", piece("a", 0, 9), "piece type 9"],
    [
      "byte fallback without bytes",
      Buffer.concat([unknown, bytesField(2, Buffer.concat([numberField(3, 2), numberField(35, 1)]))]),
      "256 byte pieces",
    ],
  ])("(%s) is a user's error that says what is wrong", (_, bytes, message) => {
    expect(() => readSentencePieceModel(bytes, "tokenizer.model")).toThrow(
      expect.objectContaining({ name: "UserError", message: expect.stringContaining(message) }),
    );
  });

  test("never throws anything else, whatever its bytes", () => {
    const whole = readFileSync(join(dataFolder, "sentencepiece/unigram-plain.model"));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        if (at < length) bytes[at] = value;
        try {
          sentencePieceTokenizer(readSentencePieceModel(bytes, "x"), plain).encode("a red bus 🦙");
        } catch (error) {
          expect(error).toMatchObject({ name: "UserError" });
        }
      }),
    );
  });
});
