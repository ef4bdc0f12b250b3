import { expect, test } from "vitest";
import { imageParts, promptImages, userPrompt } from "../../src/core/prompt.js";

const at = (path: string) => ({ path, bytes: async () => new Uint8Array() });

test("userPrompt takes texts, images and clips; the frames of a clip have one number, those of another another", () => {
  const prompt = userPrompt([at("a0.png"), at("a1.png")], at("still.png"), [at("b0.png")], "What happens?");
  const [first, second, still, other] = imageParts(prompt);
  expect(first?.clip).toBeDefined();
  expect(second?.clip).toBe(first?.clip);
  expect(still?.clip).toBeUndefined();
  expect(other?.clip).not.toBe(first?.clip);
  expect(promptImages(prompt).map(({ path }) => path)).toEqual(["a0.png", "a1.png", "still.png", "b0.png"]);
  expect(prompt.messages[0]?.parts.at(-1)).toEqual({ type: "text", text: "What happens?" });
});
