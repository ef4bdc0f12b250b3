/**
 * Draws a scene into 8-bit RGB, row by row. Edges are smoothed by sampling every pixel at 3 x 3 points.
 * No drawing library: the training set needs thousands of images a second, and equal bytes on every machine.
 */
import { DIGIT_ROWS } from "./glyphs.js";
import type { Background, Colour, Scene, Shape, Thing } from "./scene.js";

export interface Image {
  readonly width: number;
  readonly height: number;
  /** width * height * 3 bytes, RGB. */
  readonly rgb: Uint8Array;
}

type Rgb = readonly [number, number, number];

const PAINT: Record<Colour, Rgb> = {
  red: [214, 32, 32],
  green: [24, 150, 56],
  blue: [32, 72, 216],
  yellow: [240, 200, 16],
  purple: [138, 43, 190],
  black: [16, 16, 16],
};
const PAPER: Record<Background, Rgb> = { white: [250, 250, 250], gray: [176, 176, 176], pink: [255, 200, 212] };
const INK: Rgb = [64, 64, 64];

/** Corners of a five-pointed star of radius 1, from the top, in y-down coordinates; the inner radius is 0.42. */
const STAR: readonly (readonly [number, number])[] = [
  [0, -1],
  [0.2469, -0.3398],
  [0.9511, -0.309],
  [0.3994, 0.1298],
  [0.5878, 0.809],
  [0, 0.42],
  [-0.5878, 0.809],
  [-0.3994, 0.1298],
  [-0.9511, -0.309],
  [-0.2469, -0.3398],
];

const STAR_X = Float64Array.from(STAR, ([x]) => x);
const STAR_Y = Float64Array.from(STAR, ([, y]) => y);

/** Even-odd rule over the star's edges. */
function insideStar(x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = STAR.length - 1; i < STAR.length; j = i++) {
    const xi = STAR_X[i] as number;
    const yi = STAR_Y[i] as number;
    const xj = STAR_X[j] as number;
    const yj = STAR_Y[j] as number;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Whether a point, relative to the centre and in units of the half extent, lies inside the shape. */
const INSIDE: Record<Shape, (x: number, y: number) => boolean> = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.abs(x) <= 0.86 && Math.abs(y) <= 0.86,
  triangle: (x, y) => y <= 0.8 && y >= -0.9 && Math.abs(x) <= (y + 0.9) * 0.588,
  star: insideStar,
  cross: (x, y) => (Math.abs(x) <= 0.3 && Math.abs(y) <= 1) || (Math.abs(y) <= 0.3 && Math.abs(x) <= 1),
  ring: (x, y) => {
    const square = x * x + y * y;
    return square <= 1 && square >= 0.3;
  },
};

const STEPS = [1 / 6, 3 / 6, 5 / 6];

function fillThing(image: Image, thing: Thing): void {
  const shape = INSIDE[thing.shape];
  const paint = PAINT[thing.colour];
  const inside = (x: number, y: number): boolean => shape((x - thing.x) / thing.radius, (y - thing.y) / thing.radius);
  const left = Math.max(0, Math.floor(thing.x - thing.radius));
  const right = Math.min(image.width, Math.ceil(thing.x + thing.radius));
  const top = Math.max(0, Math.floor(thing.y - thing.radius));
  const bottom = Math.min(image.height, Math.ceil(thing.y + thing.radius));
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      // Most pixels are wholly in or out: their four outer points agree, and the other five are not asked.
      const corners =
        Number(inside(x + 1 / 6, y + 1 / 6)) +
        Number(inside(x + 5 / 6, y + 1 / 6)) +
        Number(inside(x + 1 / 6, y + 5 / 6)) +
        Number(inside(x + 5 / 6, y + 5 / 6));
      if (corners === 0) continue;
      let hits = corners === 4 ? 9 : 0;
      if (hits === 0) for (const dy of STEPS) for (const dx of STEPS) hits += Number(inside(x + dx, y + dy));
      blend(image, [x, y], paint, hits);
    }
  }
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Mixes `hits` ninths of the paint into a pixel. */
function blend(image: Image, [x, y]: readonly [number, number], paint: Rgb, hits: number): void {
  const at = (y * image.width + x) * 3;
  for (let c = 0; c < 3; c++) {
    const under = image.rgb[at + c] ?? 0;
    image.rgb[at + c] = Math.round(((paint[c] ?? 0) * hits + under * (9 - hits)) / 9);
  }
}

function fillBox(image: Image, [left, top, right, bottom]: Box, paint: Rgb): void {
  const { rgb, width } = image;
  const end = Math.min(width, right);
  for (let y = Math.max(0, top); y < Math.min(image.height, bottom); y++) {
    for (let at = (y * width + Math.max(0, left)) * 3; at < (y * width + end) * 3; at += 3) {
      rgb[at] = paint[0];
      rgb[at + 1] = paint[1];
      rgb[at + 2] = paint[2];
    }
  }
}

/** The scene's pixels. */
export function draw(scene: Scene): Image {
  const image: Image = {
    width: scene.width,
    height: scene.height,
    rgb: new Uint8Array(scene.width * scene.height * 3),
  };
  fillBox(image, [0, 0, scene.width, scene.height], PAPER[scene.background]);
  switch (scene.kind) {
    case "shapes":
      for (const thing of scene.things) fillThing(image, thing);
      break;
    case "chart": {
      const thickness = Math.max(1, Math.round(scene.height / 40));
      for (const bar of scene.bars) fillBox(image, bar.box, PAINT[bar.colour]);
      const ground = scene.bars[0]?.box[3] ?? scene.height;
      fillBox(image, [0, ground, scene.width, ground + thickness], INK);
      break;
    }
    case "number":
      for (const { digit, x, y, dot } of scene.digits) {
        for (const [row, bits] of (DIGIT_ROWS[digit] ?? []).entries()) {
          for (let column = 0; column < 5; column++) {
            if (bits[column] !== "#") continue;
            const left = x + column * dot;
            const top = y + row * dot;
            fillBox(image, [left, top, left + dot, top + dot], PAINT[scene.colour]);
          }
        }
      }
      break;
  }
  return image;
}
