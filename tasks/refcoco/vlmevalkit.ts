/** RefCOCO's boxes as VLMEvalKit (e8e78f05) reads them. Source: `dataset/refcoco.py`. */

import { boxScored, type Output, parseFloatPython, pythonRegex, type Score } from "llava-eval";
import type { Box } from "./json-boxes.js";

const NUMBER = "[-+]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][-+]?\\d+)?";
const between = "(?:\\s*,\\s*|\\s+)";
const bracketed = pythonRegex(
  `\\[\\s*(${NUMBER})${between}(${NUMBER})${between}(${NUMBER})${between}(${NUMBER})\\s*\\]`,
);
const anyNumber = pythonRegex(NUMBER, "g");

/** The first "[a, b, c, d]", with commas or blanks, else the first four numbers, whatever they count. */
export function numbersOfBox(text: string): Box | undefined {
  const found = bracketed.exec(text)?.slice(1) ?? text.match(anyNumber)?.slice(0, 4) ?? [];
  const numbers = found.map(parseFloatPython);
  return numbers.length === 4 && numbers.every((one) => one !== undefined) ? (numbers as unknown as Box) : undefined;
}

/** Up to 1.5 they are shares of the image, up to 1000 thousandths of it, else pixels: those of a smaller image are always thousandths. */
export function inPixels(box: Box, [width, height]: readonly [number, number]): Box {
  const most = Math.max(...box.map(Math.abs));
  const unit = most <= 1.5 ? 1 : most <= 1000 ? 1000 : undefined;
  const [left, top, right, bottom] = box.map((part, i) => {
    const side = i % 2 === 0 ? width : height;
    return Math.min(Math.max(unit === undefined ? part : (part / unit) * side, 0), side);
  }) as unknown as Box;
  return [Math.min(left, right), Math.min(top, bottom), Math.max(left, right), Math.max(top, bottom)];
}

/** @param target in pixels */
export function vlmEvalKitBoxScore(target: Box, size: readonly [number, number], output: Output): Score {
  const box = numbersOfBox(output.text);
  return boxScored(box ? [inPixels(box, size)] : [], target, { inFractions: false });
}
