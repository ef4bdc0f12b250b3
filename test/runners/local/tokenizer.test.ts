import { join } from "node:path";
import fc from "fast-check";
import { Tokenizer as RustTokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { promptTokens } from "../../../src/runners/local/prompt/prompt-tokens.js";
import { template } from "../../../src/runners/local/prompt/templates.js";
import { jsonTokenizer } from "../../../src/runners/local/tokenizer/json-tokenizer.js";
import { goldenFolder, hasGolden } from "./golden-folder.js";
import { dataFolder, readLines, readText, readTokenizerFile, type TextCase } from "./tokenizer-cases.js";

const vocabularies = [
  {
    name: "mistral",
    folder: join(dataFolder, "mistral"),
    cases: "cases.jsonl.gz",
    start: [1],
    length: 32000,
    here: true,
  },
  ...[
    { name: "qwen2", start: [], length: 151646 },
    { name: "llama3", start: [128000], length: 128256 },
    { name: "llama2", start: [1], length: 32000 },
  ].map((vocabulary) => ({
    ...vocabulary,
    folder: join(goldenFolder, "tokenizers", vocabulary.name),
    cases: "cases.jsonl",
    here: hasGolden(join("tokenizers", vocabulary.name)),
  })),
];

for (const { name, folder, cases, start, length, here } of vocabularies) {
  describe.skipIf(!here)(`the ${name} vocabulary${here ? "" : " (its golden folder is not here)"}`, () => {
    test("gives the ids of the golden cases, and its length and start ids", () => {
      const tokenizer = jsonTokenizer(readTokenizerFile(folder), {}, name);
      const lines = readLines<TextCase>(join(folder, cases));
      const wrong = lines.filter(({ text, ids }) => tokenizer.encode(text).join() !== ids.join());
      expect(lines.length).toBeGreaterThan(900);
      expect(wrong).toEqual([]);
      expect({ start: tokenizer.start, length: tokenizer.length }).toEqual({ start, length });
    });

    test("decodes ids as the Rust library does, control tokens skipped", async () => {
      const text = readText(join(folder, "tokenizer.json.gz"));
      const tokenizer = jsonTokenizer(JSON.parse(text), {}, name);
      const rust = RustTokenizer.fromString(text);
      const wrong: unknown[] = [];
      for (const { ids } of readLines<TextCase>(join(folder, cases))) {
        const expected = await rust.decode(ids, true);
        const found = tokenizer.decode(ids);
        if (found !== expected) wrong.push({ ids, found, expected });
      }
      expect(wrong).toEqual([]);
    });
  });
}

describe("the demo model's vocabulary", () => {
  const text = readText(join(packageRoot, "configs/demo/model/tokenizer.json"));
  const tokenizer = jsonTokenizer(JSON.parse(text), {}, "demo");
  const rust = RustTokenizer.fromString(text);

  test("gives the Rust library's ids and text, whatever is written", async () => {
    const word = fc.constantFrom(
      "<image>",
      "<|im_start|>",
      "user\n",
      "<|im_end|>\n",
      "How many",
      " red",
      "\n",
      "🦙",
      "é",
      " ",
      "</s>",
    );
    const anything = fc.array(fc.oneof(word, fc.string({ unit: "grapheme", maxLength: 8 })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(anything, async (parts) => {
        const written = parts.join("");
        const ids = tokenizer.encode(written);
        const expected = (await rust.encode(written, null, { addSpecialTokens: false })).getIds();
        expect({ written, ids }).toEqual({ written, ids: expected });
        expect(tokenizer.decode(ids)).toBe(await rust.decode(ids, true));
      }),
      { numRuns: 400 },
    );
  });

  test("makes two tokens of the template around a question", () => {
    const pieces = template("qwen_1_5").render([{ role: "user", parts: [{ type: "text", text: "What?" }] }]);
    const ids = promptTokens(tokenizer, pieces);
    expect(ids.at(0)).toBe(
      tokenizer.idOf("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"),
    );
    expect(ids.at(-1)).toBe(tokenizer.idOf("<|im_end|>\n<|im_start|>assistant\n"));
  });
});

describe("a tokenizer.json", () => {
  const file = readTokenizerFile(join(dataFolder, "mistral"));
  const image = { id: 32000, content: "<image>", special: true, normalized: false };
  const withImage = { ...file, added_tokens: [...file.added_tokens, image] };

  test("takes the image token of a converted checkpoint for plain text, and never decodes it", () => {
    const plain = jsonTokenizer(file, {}, "file");
    const tokenizer = jsonTokenizer(withImage, {}, "file", { imageTokenId: 32000 });
    expect(tokenizer.encode("an <image> tag")).toEqual(plain.encode("an <image> tag"));
    expect(tokenizer.encode("an <image> tag")).not.toContain(32000);
    expect(tokenizer.decode([32000])).toBe("");
    expect(tokenizer.length).toBe(32001);
    expect(tokenizer.idOf("<image>")).toBe(32000);
  });

  test("knows the added tokens of tokenizer_config.json that the file lacks", () => {
    const tokenizer = jsonTokenizer(
      file,
      { added_tokens_decoder: { "32000": { content: "<|end|>", special: true, normalized: false } } },
      "file",
    );
    expect(tokenizer.encode("yes<|end|>").at(-1)).toBe(32000);
    expect(tokenizer.decode([...tokenizer.encode("yes"), 32000])).toBe("yes");
  });

  test("follows add_bos_token for Llama classes, and its post-processor otherwise", () => {
    const llama = { tokenizer_class: "LlamaTokenizer", bos_token: { content: "<s>" } };
    expect(jsonTokenizer(file, llama, "file").start).toEqual([1]);
    expect(jsonTokenizer(file, { ...llama, add_bos_token: false }, "file").start).toEqual([]);
    expect(jsonTokenizer({ ...file, post_processor: null }, { tokenizer_class: "Other" }, "file").start).toEqual([]);
  });

  test("replaces lone surrogates and drops ids that have no token", () => {
    const tokenizer = jsonTokenizer(file, {}, "file");
    expect(tokenizer.encode("\ud800a")).toEqual(tokenizer.encode("\ufffda"));
    expect(tokenizer.decode([32063])).toBe("");
    expect(tokenizer.decode([])).toBe("");
  });

  test("decodes 'a , b' unchanged unless the checkpoint asks for the clean-up", () => {
    const tokenizer = jsonTokenizer(file, {}, "file");
    const ids = tokenizer.encode("a , b");
    expect(tokenizer.decode(ids)).toBe("a , b");
    expect(jsonTokenizer(file, { clean_up_tokenization_spaces: true }, "file").decode(ids)).toBe("a, b");
  });

  test.each([
    ["nothing", null],
    ["no model", {}],
    ["a vocabulary of the wrong kind", { model: { vocab: "abc" } }],
    ["an unknown model", { model: { type: "Magic", vocab: {} } }],
    ["an empty vocabulary", { model: { type: "BPE", vocab: {}, merges: [] } }],
    ["ids beyond any model", { model: { type: "BPE", vocab: { a: 2 ** 31 }, merges: [] } }],
    ["a merge of three", { ...file, model: { ...file.model, merges: ["a b c", ...file.model.merges.slice(1)] } }],
    ["a merge of one", { ...file, model: { ...file.model, merges: ["ab", ...file.model.merges.slice(1)] } }],
    ["a merge of tokens that are none", { ...file, model: { ...file.model, merges: ["qqq zzz"] } }],
    ["another kind of model over merges", { ...file, model: { ...file.model, type: "WordPiece" } }],
    ["negative ids", { model: { type: "BPE", vocab: { a: -1 }, merges: [] } }],
    [
      "a regular expression without an end",
      {
        ...file,
        pre_tokenizer: {
          type: "Split",
          pattern: { Regex: "((\\w+)+\\s?)+$|\\p{L}" },
          behavior: "Isolated",
          invert: false,
        },
      },
    ],
    [
      "a regular expression that is none",
      { ...file, normalizer: { type: "Replace", pattern: { Regex: "((((" }, content: "" } },
    ],
  ])("that is broken (%s) is a user's error with its path", (_, broken) => {
    expect(() => jsonTokenizer(broken, {}, "/models/x/tokenizer.json")).toThrow(
      expect.objectContaining({ name: "UserError", where: "/models/x/tokenizer.json" }),
    );
  });
});
