import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ShownMessage, ShownPart } from "../../../src/core/prompt.js";
import { piecesText } from "../../../src/runners/local/prompt/pieces.js";
import { isTemplateName, qwenImageMark, template } from "../../../src/runners/local/prompt/templates.js";
import { presetNames, resolveModel } from "../../../src/runners/spec.js";
import { publishedModels } from "./published-models.js";
import { dataFolder } from "./tokenizer-cases.js";

test("every published checkpoint that the tests describe has a preset, and every local preset is valid", async () => {
  const names = await presetNames();
  expect(names).toEqual(expect.arrayContaining(publishedModels.map(({ name }) => name)));
  for (const name of names) {
    const config = await resolveModel(name);
    if (config.runner !== "local") continue;
    expect(config.checkpoint).toMatch(/^[\w.-]+\/[\w.-]+$/);
    if (config.template !== undefined) expect(isTemplateName(config.template)).toBe(true);
  }
});

const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const conversations: Record<string, { one_turn: string; two_images: string }> = json(
  join(dataFolder, "templates.json"),
);
const qwenVision: { expected: string }[] = json(
  join(import.meta.dirname, "../../golden/preprocess-ov15/templates.json"),
);
const ofConversation = (name: string) => ({
  ...{ mark: "<image>", question: "What is shown in this image?", comparison: "Compare the two." },
  ...{ one: conversations[name]?.one_turn, two: conversations[name]?.two_images },
});
const question = "What is on the sign?";
const ofQwenVision = {
  ...{ mark: qwenImageMark, question, comparison: question },
  ...{ one: qwenVision[0]?.expected, two: qwenVision[4]?.expected },
};
/** What each family's authors evaluated with: its prompts of one and two images as the reference wrote them, its rule for several. */
const families = [
  { name: /^llava-onevision-(1\.5|2)-/, golden: ofQwenVision, images: "each" },
  { name: /^llava-(onevision|video)-/, golden: ofConversation("qwen_1_5"), images: "stacked-pad" },
  { name: /^llava-next-interleave-/, golden: ofConversation("qwen_1_5"), images: "list-square" },
  { name: /^llava-next-video-34b/, golden: ofConversation("mistral_direct"), images: undefined },
  { name: /^llava-next-video-7b-32k$/, golden: ofConversation("mistral_instruct"), images: undefined },
  { name: /^llava-(v1\.5|next-video)-/, golden: ofConversation("vicuna_v1"), images: undefined },
];

test("a preset that names its template asks about one and about two images as the family's golden prompts do", async () => {
  const asked: string[] = [];
  for (const name of await presetNames()) {
    const config = await resolveModel(name);
    if (config.runner !== "local" || config.template === undefined || !isTemplateName(config.template)) continue;
    const family = families.find((each) => each.name.test(name));
    if (!family) throw new Error(`${name} belongs to no family of this test`);
    const { mark, one, two, ...words } = family.golden;
    const { render } = template(config.template);
    const written = (text: string, images: number) => {
      const parts: ShownPart<unknown>[] = Array.from({ length: images }, () => ({ type: "image", image: "image" }));
      const message: ShownMessage<unknown> = { role: "user", parts: [...parts, { type: "text", text }] };
      return piecesText(render([message]), mark);
    };
    expect(written(words.question, 1), name).toBe(one);
    expect(written(words.comparison, 2), name).toBe(two);
    expect(config.images, name).toBe(family.images);
    asked.push(name);
  }
  expect(asked).toEqual(expect.arrayContaining(["llava-onevision-7b", "llava-video-7b", "llava-onevision-1.5-4b"]));
  expect(asked).toHaveLength(22);
});
