import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ShownMessage, ShownPart } from "../../../src/core/prompt.js";
import { chatTemplate } from "../../../src/runners/local/prompt/chat-template.js";
import { chooseTemplate, templateNote } from "../../../src/runners/local/prompt/choose-template.js";
import { imageSlot, joined, messagePieces, type Piece, piecesText } from "../../../src/runners/local/prompt/pieces.js";
import { continuationTokens, framedSlots, promptTokens } from "../../../src/runners/local/prompt/prompt-tokens.js";
import {
  qwenImageMark,
  type TemplateName,
  template,
  templateNames,
} from "../../../src/runners/local/prompt/templates.js";
import { jsonTokenizer } from "../../../src/runners/local/tokenizer/json-tokenizer.js";
import { readSentencePieceModel } from "../../../src/runners/local/tokenizer/sentencepiece-model.js";
import { sentencePieceTokenizer } from "../../../src/runners/local/tokenizer/sentencepiece-tokenizer.js";
import type { Tokenizer } from "../../../src/runners/local/tokenizer/tokenizer.js";
import { goldenFolder, hasGolden } from "./golden-folder.js";
import { llamaStyleModel } from "./sentencepiece-writer.js";
import { dataFolder, type PromptCase, readLines, readTokenizerFile } from "./tokenizer-cases.js";

const image = { type: "image", image: "image" } as const;
const text = (words: string) => ({ type: "text", text: words }) as const;
const user = (...parts: ShownPart<unknown>[]): ShownMessage<unknown> => ({ role: "user", parts });
const assistant = (words: string): ShownMessage<unknown> => ({ role: "assistant", parts: [text(words)] });
const system = (words: string): ShownMessage<unknown> => ({ role: "system", parts: [text(words)] });

interface Rendered {
  readonly one_turn: string;
  readonly one_turn_answered: string;
  readonly two_turns: string;
  readonly two_images: string;
}
const goldens = JSON.parse(readFileSync(join(dataFolder, "templates.json"), "utf8")) as Record<TemplateName, Rendered>;

const ofTheRepository = templateNames.filter((name) => name !== "qwen_3_no_thinking" && name !== "qwen_2_5_vl");

describe.each(ofTheRepository)("the %s template renders as the reference", (name) => {
  const golden = goldens[name];
  const { render, beforeAnswer } = template(name);
  const question = user(image, text("What is shown in this image?"));

  test("one turn", () => expect(piecesText(render([question]))).toBe(golden.one_turn));

  test("two images", () => {
    expect(piecesText(render([user(image, image, text("Compare the two."))]))).toBe(golden.two_images);
  });

  test("two turns", () => {
    const turns = [question, assistant("A red bus."), user(text("What colour is it?"))];
    expect(piecesText(render(turns))).toBe(golden.two_turns);
  });

  test("an answer that is begun, and the answer of a log-likelihood, at the same place", () => {
    const begun = piecesText(render([question, assistant("A red bus.")]));
    expect(golden.one_turn_answered.startsWith(begun)).toBe(true);
    expect(begun).toBe(`${golden.one_turn}${beforeAnswer}A red bus.`);
  });
});

const onevision = JSON.parse(
  readFileSync(new URL("../../golden/preprocess-ov/templates-ov.json", import.meta.url), "utf8"),
) as Record<string, Readonly<Record<string, string>>>;

describe.each([
  "qwen_1_5",
  "qwen_2",
  "qwen_2_5",
  "llava_llama_3",
  "vicuna_v1",
  "mistral_direct",
  "chatml_direct",
] as const)("%s as OneVision's code writes it", (name) => {
  const { render } = template(name);
  const written = (...parts: ShownPart<unknown>[]) => piecesText(render([user(...parts)]));
  const frame = { ...image, clip: 0 };

  test("one image, several in front, several between texts", () => {
    expect(written(image, text("What is shown?"))).toBe(onevision[name]?.single);
    expect(written(image, image, image, text("Compare."))).toBe(onevision[name]?.several_in_front);
    expect(written(image, text(" first, then\n\n"), image, text("\nWhat changed?"))).toBe(
      onevision[name]?.several_interleaved,
    );
  });

  test("the frames of a clip stand at its one placeholder", () => {
    const said = written(frame, frame, frame, text("Describe the clip."));
    expect(said.replace("<image><image><image>", "<image>")).toBe(onevision[name]?.video);
  });
});

interface VisionCase {
  readonly messages: readonly {
    readonly role: ShownMessage<unknown>["role"];
    readonly content: string | readonly { readonly type: "text" | "image"; readonly text?: string }[];
  }[];
  readonly options: { readonly add_vision_id?: boolean };
  readonly expected: string;
}
const visionCases = (
  JSON.parse(
    readFileSync(new URL("../../golden/preprocess-ov15/templates.json", import.meta.url), "utf8"),
  ) as VisionCase[]
).filter(({ options }) => !options.add_vision_id);

test("qwen_2_5_vl writes what Qwen2.5-VL's own template writes", () => {
  const { render } = template("qwen_2_5_vl");
  expect(visionCases).toHaveLength(10);
  for (const { messages, expected } of visionCases) {
    const given = messages.map(({ role, content }): ShownMessage<unknown> => {
      const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
      return { role, parts: parts.map((part) => (part.type === "image" ? image : text(part.text ?? ""))) };
    });
    expect(piecesText(render(given), qwenImageMark)).toBe(expected);
  }
});

test("a chat template's image mark is its own: Qwen-VL's, and a literal one in a question stays words", () => {
  const source =
    "{% for m in messages %}{{ m.role }}:{% for c in m.content %}{% if c.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ c.text }}{% endif %}{% endfor %}{% endfor %}";
  const tokens = { bosToken: "", eosToken: "", imageMark: qwenImageMark };
  const own = chatTemplate(source, tokens, "chat_template.json");
  expect(own.render([user(image, text("a <|image_pad|> b"))])).toEqual([
    "user:<|vision_start|>",
    imageSlot,
    "<|vision_end|>a <|image_pad|> b",
  ]);
});

test("an empty thought stands before the last answer of a Qwen3 that must not think, and before no other", () => {
  const question = user(text("What?"));
  const quiet = (...turns: ShownMessage<unknown>[]) => piecesText(template("qwen_3_no_thinking").render(turns));
  const plain = (...turns: ShownMessage<unknown>[]) => piecesText(template("qwen_1_5").render(turns));
  const thought = "<think>\n\n</think>\n\n";
  expect(quiet(question)).toBe(`${plain(question)}${thought}`);
  expect(quiet(question, assistant("A bus."), question)).toBe(
    `${plain(question, assistant("A bus."), question)}${thought}`,
  );
  expect(quiet(question, assistant("A bus."))).toBe(`${plain(question)}${thought}A bus.`);
});

test("the stop tokens of every family are those that end its answers", () => {
  const stops = Object.fromEntries(templateNames.map((name) => [name, template(name).stopTokens]));
  expect(stops).toMatchObject({
    qwen_1_5: ["<|im_end|>", "<|endoftext|>"],
    chatml_direct: ["<|im_end|>", "<|endoftext|>"],
    llava_llama_3: ["<|eot_id|>", "<|end_of_text|>"],
    vicuna_v1: ["</s>"],
    mistral_instruct: ["</s>"],
  });
});

describe("system messages", () => {
  test("replace the template's own", () => {
    const rendered = piecesText(template("qwen_1_5").render([system("Be brief."), user(text("Hi"))]));
    expect(rendered).toBe(
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  test("stand inside the first turn of Llama-2 style templates", () => {
    const rendered = piecesText(template("mistral_instruct").render([system("Be brief."), user(text("Hi"))]));
    expect(rendered).toBe("[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]");
  });

  test("with an image are refused", () => {
    const broken: ShownMessage<unknown> = { role: "system", parts: [image] };
    expect(() => template("vicuna_v1").render([broken, user(text("Hi"))])).toThrow("an image in a system message");
  });
});

describe("images in a message", () => {
  const pieces = (...parts: ShownPart<unknown>[]) => messagePieces(user(...parts));

  test("before all text are joined by spaces and followed by a newline", () => {
    expect(pieces(image, image, text("Compare."))).toEqual([imageSlot, " ", imageSlot, "\nCompare."]);
  });

  test("between or behind texts stand as they are given", () => {
    expect(pieces(text("First "), image, text(" then "), image)).toEqual(["First ", imageSlot, " then ", imageSlot]);
    expect(pieces(image, text("one"), image, text("two"))).toEqual([imageSlot, "one", imageSlot, "two"]);
  });

  test("are parts, not words: a literal <image> stays text", () => {
    expect(pieces(text("What does <image> mean?"))).toEqual(["What does <image> mean?"]);
  });

  test("keep their place when Llama 3 trims the text around them", () => {
    const rendered = template("llava_llama_3").render([user(text("  a "), image, text(" b  "))]);
    expect(piecesText(rendered)).toContain("<|end_header_id|>\n\na <image> b<|eot_id|>");
  });
});

const vocabularies = [
  { name: "mistral", folder: join(dataFolder, "mistral"), here: true },
  ...["qwen2", "llama3", "llama2"].map((name) => ({
    name,
    folder: join(goldenFolder, "tokenizers", name),
    here: hasGolden(`tokenizers/${name}`),
  })),
];

/** The golden prompts are strings in which every `<image>` is an image. */
const piecesOf = (prompt: string): Piece[] =>
  joined(prompt.split("<image>").flatMap((part, i): Piece[] => (i === 0 ? [part] : [imageSlot, part])));

for (const { name, folder, here } of vocabularies) {
  describe.skipIf(!here)(`prompt ids of ${name}${here ? "" : " (its golden folder is not here)"}`, () => {
    const cases = here ? readLines<PromptCase>(join(folder, "native_prompts.jsonl")) : [];

    test("equal the reference's, cut at images", () => {
      const tokenizer = jsonTokenizer(readTokenizerFile(folder), {}, name);
      expect(cases.length).toBeGreaterThanOrEqual(8);
      for (const { prompt, ids } of cases) expect(promptTokens(tokenizer, piecesOf(prompt))).toEqual(ids);
    });

    if (["mistral", "llama2"].includes(name))
      test("equal the reference's with tokenizer.model", () => {
        const added = ["<unk>", "<s>", "</s>"].map((content, id) => ({
          id,
          content,
          lstrip: false,
          rstrip: false,
          normalized: false,
          special: true,
        }));
        const tokenizer = sentencePieceTokenizer(
          readSentencePieceModel(llamaStyleModel(readTokenizerFile(folder)), name),
          {
            added,
            addBos: true,
            legacy: name === "mistral", // the reference loads Vicuna slow with legacy=false, Mistral fast
            addPrefixSpace: true,
          },
        );
        for (const { prompt, ids } of cases) expect(promptTokens(tokenizer, piecesOf(prompt))).toEqual(ids);
      });

    test("are what the template of the family renders", () => {
      const rendered = new Set(
        cases.map(({ prompt, template: used }) => {
          if (!templateNames.includes(used as TemplateName)) return true;
          const question = "\nWhat is shown in this image?";
          return !prompt.includes(`<image>${question}`)
            ? true
            : prompt === piecesText(template(used as TemplateName).render([user(image, text(question.trim()))]));
        }),
      );
      expect([...rendered]).toEqual([true]);
    });
  });
}

describe("prompt ids", () => {
  const tokenizer = jsonTokenizer(readTokenizerFile(join(dataFolder, "mistral")), {}, "mistral");

  test("put the start and end tokens around every image when the checkpoint wants them", () => {
    expect(framedSlots(["a", imageSlot, "b"])).toEqual(["a<im_start>", imageSlot, "<im_end>b"]);
  });

  test("of a continuation are cut from the whole text, without a second prefix space", () => {
    const pieces = template("vicuna_v1").render([user(image, text("What?"))]);
    const { ids, crossesBorder } = continuationTokens(tokenizer, pieces, " A cat.");
    expect(ids).toEqual(tokenizer.encode("x A cat.").slice(tokenizer.encode("x").length));
    expect(crossesBorder).toBe(false);
  });

  test("of a continuation that fuses with the prompt's end say so", () => {
    const { crossesBorder, ids } = continuationTokens(tokenizer, ["an answ"], "er");
    expect(crossesBorder).toBe(true);
    expect(ids.length).toBeGreaterThan(0);
  });
});

describe("the checkpoint's own chat template", () => {
  const tokens = { bosToken: "<s>", eosToken: "</s>" };
  const strings =
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
  const lists =
    "{% for m in messages %}{{ m.role }}: {% for c in m.content | selectattr('type', 'equalto', 'image') %}<image>\n{% endfor %}" +
    "{% for c in m.content | selectattr('type', 'equalto', 'text') %}{{ c.text }}{% endfor %} {% endfor %}assistant:";

  test("that takes strings gets the placeholders in the text", () => {
    const { render } = chatTemplate(strings, tokens, "here");
    expect(render([user(image, text("What?"))])).toEqual(["<s>[user]", imageSlot, "\nWhat?[assistant]"]);
  });

  test("that takes content lists writes the placeholders itself", () => {
    const { render } = chatTemplate(lists, tokens, "here");
    expect(render([user(image, text("What?"))])).toEqual(["user: ", imageSlot, "\nWhat? assistant:"]);
  });

  test.each([
    ["strings", strings],
    ["lists", lists],
  ])("keeps a literal <image> of the user as text (%s)", (_, source) => {
    const { render } = chatTemplate(source, tokens, "here");
    const pieces = render([user(image, text("Is <image> a tag?"))]);
    expect(pieces.filter((piece) => piece === imageSlot)).toHaveLength(1);
    expect(piecesText(pieces)).toContain("Is <image> a tag?");
  });

  test("thinks by its own default, or not at all", async () => {
    const source =
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]" +
      "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}";
    expect(chatTemplate(source, tokens, "here").render([user(text("x"))])).toEqual(["[user]x[assistant]"]);
    const quiet = chatTemplate(source, tokens, "here", { enable_thinking: false });
    expect(quiet.render([user(text("x"))])).toEqual(["[user]x[assistant]<think>\n\n</think>\n\n"]);
  });

  test("that drops an image is a user's error", () => {
    const { render } = chatTemplate("{{ 'no images here' }}", tokens, "here");
    expect(() => render([user(image, text("What?"))])).toThrow("writes 0 placeholders for 1 images");
  });

  test("prints a frozen date", () => {
    const { render } = chatTemplate("{{ strftime_now('%d %b %Y') }} {{ messages[0].content }}", tokens, "here");
    expect(render([user(text("x"))])).toEqual(["26 Jul 2024 x"]);
  });

  test("writes the only BOS where it writes one, and gets the tokenizer's where it writes none", () => {
    const tokenizer = { start: [1], encode: (part: string) => (part.startsWith("<s>") ? [1, 7] : [7]) };
    const ids = (source: string) => {
      const own = chatTemplate(source, tokens, "here");
      return promptTokens(tokenizer as unknown as Tokenizer, own.render([user(text("x"))]), own);
    };
    expect(ids("{{ bos_token }}{{ messages[0].content }}")).toEqual([1, 7]);
    expect(ids("{{ messages[0].content }}")).toEqual([1, 7]);
    // The LLaVA repository's Llama 3 has two: its template writes one, its tokenizer the other.
    expect(promptTokens(tokenizer as unknown as Tokenizer, ["<s>x"], template("llava_llama_3"))).toEqual([1, 1, 7]);
  });

  test("may count, as Jinja's range does", () => {
    const source =
      "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(6, 0, -2) %}{{ i }}{% endfor %}{{ messages[0].content }}";
    expect(chatTemplate(source, tokens, "here").render([user(text("x"))])).toEqual(["012642x"]);
  });

  test.each([
    ["counts without end", "{% for i in range(1000000000) %}x{% endfor %}", "range() of more than 100000 numbers"],
    [
      "loops without end",
      `${"{% for i in range(100000) %}".repeat(3)}{% set x = i %}${"{% endfor %}".repeat(3)}`,
      "no end after 2 s",
    ],
    [
      "doubles a text for ever",
      "{% set x = namespace(y='a') %}{% for i in range(60) %}{% set x.y = x.y ~ x.y %}{% endfor %}",
      "fails",
    ],
    ["wants the program behind it", "{{ ''.constructor.constructor('return process')() }}", "fails"],
  ])("that %s is a user's error", (_, source, words) => {
    expect(() => chatTemplate(source, tokens, "tokenizer_config.json").render([user(text("x"))])).toThrow(words);
  });

  test.each([
    ["that does not parse", "{% for %}"],
    ["that raises", "{{ raise_exception('only one turn') }}"],
  ])("%s is a user's error", (_, source) => {
    expect(() => chatTemplate(source, tokens, "tokenizer_config.json").render([user(text("x"))])).toThrow(
      expect.objectContaining({ name: "UserError", where: "tokenizer_config.json" }),
    );
  });
});

describe("the template of a checkpoint", () => {
  const withTokens = (names: readonly string[]): Tokenizer => ({
    source: "tokenizer.json",
    start: [],
    length: 32_000,
    encode: () => [],
    decode: () => "",
    idOf: (token) => (names.includes(token) ? names.indexOf(token) : undefined),
  });
  const source = (textType: string, ...names: string[]) => ({
    folder: "/nowhere",
    textType,
    tokenizer: withTokens(names),
    config: {},
  });

  test.each([
    ["qwen2", ["<|im_end|>"], "qwen_1_5"],
    ["qwen3", ["<|im_end|>"], "qwen_1_5"],
    ["llama", ["<|eot_id|>", "<|begin_of_text|>"], "llava_llama_3"],
    ["llama", ["<|im_end|>"], "chatml_direct"],
    ["llama", ["<unk>", "<s>", "</s>"], "vicuna_v1"],
    ["mistral", ["</s>"], "mistral_instruct"],
    ["mistral", ["<|im_end|>"], "mistral_direct"],
  ])("of text model %s with %s is %s", async (textType, names, expected) => {
    expect((await chooseTemplate(source(textType, ...names))).name).toBe(expected);
  });

  test("is what --template says", async () => {
    expect((await chooseTemplate(source("llama"), "llava_v1")).name).toBe("llava_v1");
    await expect(chooseTemplate(source("llama"), "vicuna")).rejects.toThrow('no template named "vicuna"');
  });

  test("is its own for an unknown family, or an error that names the ways out", async () => {
    const own = { ...source("gemma"), config: { chat_template: "{{ messages[0].content }}!" } };
    expect((await chooseTemplate(own)).render([user(text("x"))])).toEqual(["x!"]);
    await expect(chooseTemplate(source("gemma"))).rejects.toThrow(
      expect.objectContaining({ name: "UserError", fix: expect.stringContaining("--template") }),
    );
  });

  test("is the family's, with a word where the checkpoint's own writes another prompt", async () => {
    const qwen = (system: string) => ({
      ...source("qwen2"),
      config: {
        chat_template: `<|im_start|>system\n${system}<|im_end|>\n{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{{ "<|im_start|>assistant\\n" }}`,
      },
    });
    const note = (of: Parameters<typeof templateNote>[0]) => templateNote(of, template("qwen_1_5"));
    expect(await note(qwen("You are a helpful assistant."))).toBeUndefined();
    expect(await note(source("qwen2"))).toBeUndefined();
    expect(await note(qwen("You are a pirate."))).toMatch(/qwen_1_5.*You are a pirate.*--template checkpoint/);
    expect(await note({ ...source("qwen2"), config: { chat_template: "{% for %}" } })).toMatch(/of no use.*qwen_1_5/);
  });

  test("may be a .jinja file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "template-"));
    const path = join(folder, "mine.jinja");
    await writeFile(path, "<{{ messages[0].content }}>");
    expect((await chooseTemplate(source("llama"), path)).render([user(text("x"))])).toEqual(["<x>"]);
    await rm(folder, { recursive: true });
    await expect(chooseTemplate(source("llama"), path)).rejects.toThrow("the template cannot be read");
  });
});
