/** One-sentence captions of a scene: the same facts in five wordings. */
import { phrase } from "./questions.js";
import type { Scene } from "./scene.js";

const COUNT_WORDS = ["no", "one", "two", "three", "four"];

function list(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/** Five captions; the first is the plain one that the demo model is taught to write. */
export function captionsOf(scene: Scene): string[] {
  const paper = `a ${scene.background} background`;
  switch (scene.kind) {
    case "shapes": {
      const things = scene.things.map(phrase);
      const all = list(things);
      const verb = things.length === 1 ? "is" : "are";
      return [
        `${all} on ${paper}`,
        `there ${verb} ${all} on ${paper}`,
        `a picture of ${all}`,
        `${list([...things].reverse())} on ${paper}`,
        `${all} drawn on ${paper}`,
      ];
    }
    case "chart": {
      const count = COUNT_WORDS[scene.bars.length] ?? String(scene.bars.length);
      const tallest = scene.bars.find((bar) => bar.rank === scene.bars.length - 1)?.colour ?? "";
      const colours = list(scene.bars.map((bar) => bar.colour));
      return [
        `a bar chart with ${count} bars on ${paper} and the ${tallest} bar is the tallest`,
        `a bar chart with ${count} bars and the ${tallest} bar is the tallest`,
        `a chart of ${count} bars on ${paper}`,
        `a bar chart with ${colours} bars on ${paper}`,
        `a chart with ${count} bars where the ${tallest} bar is the tallest`,
      ];
    }
    case "number": {
      const value = scene.digits.map(({ digit }) => digit).join("");
      return [
        `the number ${value} in ${scene.colour} on ${paper}`,
        `a ${scene.colour} number ${value} on ${paper}`,
        `the number ${value} written in ${scene.colour}`,
        `a picture of the number ${value} in ${scene.colour}`,
        `the ${scene.colour} number ${value} is on ${paper}`,
      ];
    }
  }
}
