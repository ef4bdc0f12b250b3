/**
 * What a demo image shows: one to four coloured shapes, a bar chart, or a number.
 * A scene is data; `draw.ts` turns it into pixels and `questions.ts` into questions with known answers.
 */
import type { Random } from "./random.js";

export const SHAPES = ["circle", "square", "triangle", "star", "cross", "ring"] as const;
export type Shape = (typeof SHAPES)[number];

export const COLOURS = ["red", "green", "blue", "yellow", "purple", "black"] as const;
export type Colour = (typeof COLOURS)[number];

export const BACKGROUNDS = ["white", "gray", "pink"] as const;
export type Background = (typeof BACKGROUNDS)[number];

/** How often a shape or colour is drawn. Uneven, so that "popular" means something in the POPE-style rows. */
const SHAPE_WEIGHTS = [4, 4, 3, 3, 2, 2];
const COLOUR_WEIGHTS = [4, 3, 4, 3, 2, 2];

/** Image sizes (width, height) in pixels and how often they are drawn. */
const SIZES: readonly (readonly [number, number, number])[] = [
  [64, 64, 4],
  [96, 96, 2],
  [64, 48, 2],
  [96, 72, 2],
  [128, 96, 2],
  [96, 64, 1],
  [72, 96, 2],
  [96, 128, 1],
];

export interface Thing {
  readonly shape: Shape;
  readonly colour: Colour;
  /** Quarter of the image: 0 top left, 1 top right, 2 bottom left, 3 bottom right. */
  readonly cell: number;
  /** Centre and half extent, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface Bar {
  readonly colour: Colour;
  /** Left, top, right, bottom in pixels. */
  readonly box: readonly [number, number, number, number];
  /** Rank of the height among the bars: 0 is the shortest. */
  readonly rank: number;
}

export interface Digit {
  readonly digit: number;
  /** Top left corner in pixels. */
  readonly x: number;
  readonly y: number;
  /** Side of one dot of the 5 x 7 glyph, in pixels. */
  readonly dot: number;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly background: Background;
}
export interface ShapesScene extends Canvas {
  readonly kind: "shapes";
  readonly things: readonly Thing[];
}
export interface ChartScene extends Canvas {
  readonly kind: "chart";
  readonly bars: readonly Bar[];
}
export interface NumberScene extends Canvas {
  readonly kind: "number";
  readonly colour: Colour;
  readonly digits: readonly Digit[];
}
export type Scene = ShapesScene | ChartScene | NumberScene;
export type SceneKind = Scene["kind"];

function canvas(random: Random): Canvas {
  const size = SIZES[random.weighted(SIZES.map(([, , weight]) => weight))] ?? [64, 64, 1];
  return { width: size[0], height: size[1], background: random.pick(BACKGROUNDS) };
}

/** One shape in each of `count` quarters of the image. Two of them may be alike, but never in both colour and shape. */
export function shapesScene(random: Random, count = 1 + random.weighted([2, 3, 3, 3])): ShapesScene {
  const at = canvas(random);
  const cellWidth = at.width / 2;
  const cellHeight = at.height / 2;
  const side = Math.min(cellWidth, cellHeight);
  const things: Thing[] = [];
  for (const cell of random.sample([0, 1, 2, 3], count).sort((a, b) => a - b)) {
    let shape: Shape;
    let colour: Colour;
    do {
      shape = SHAPES[random.weighted(SHAPE_WEIGHTS)] ?? "circle";
      colour = COLOURS[random.weighted(COLOUR_WEIGHTS)] ?? "red";
    } while (things.some((other) => other.shape === shape && other.colour === colour));
    const radius = side * random.between(0.3, 0.42);
    const slackX = cellWidth / 2 - radius;
    const slackY = cellHeight / 2 - radius;
    things.push({
      shape,
      colour,
      cell,
      x: cellWidth * ((cell % 2) + 0.5) + slackX * random.between(-0.8, 0.8),
      y: cellHeight * (Math.floor(cell / 2) + 0.5) + slackY * random.between(-0.8, 0.8),
      radius,
    });
  }
  return { kind: "shapes", ...at, things };
}

/** Two to four bars of different colours and clearly different heights on a common ground line. */
export function chartScene(random: Random): ChartScene {
  const at = canvas(random);
  const count = 2 + random.below(3);
  const colours = random.sample(COLOURS, count);
  const levels = random.sample([0.2, 0.42, 0.64, 0.86], count);
  const sorted = [...levels].sort((a, b) => a - b);
  const slot = at.width / count;
  const ground = Math.round(at.height * 0.92);
  const bars = colours.map((colour, i): Bar => {
    const level = levels[i] ?? 0.2;
    const half = Math.min(slot * 0.36, at.width * 0.13);
    const left = Math.round(slot * (i + 0.5) - half);
    const right = Math.round(slot * (i + 0.5) + half);
    const top = Math.round(ground - at.height * (level + random.between(-0.03, 0.03)));
    return { colour, box: [left, top, right, ground], rank: sorted.indexOf(level) };
  });
  return { kind: "chart", ...at, bars };
}

/** A number of one or two digits in large type. */
export function numberScene(random: Random): NumberScene {
  const at = canvas(random);
  const digits = random.below(5) === 0 ? [1 + random.below(9)] : [1 + random.below(9), random.below(10)];
  const largest = Math.floor(Math.min((at.width / 2) * (0.85 / 5), at.height * (0.62 / 7)));
  const dot = Math.max(2, largest - random.below(2));
  const slackX = at.width / 2 - 5 * dot;
  const slackY = at.height - 7 * dot;
  const y = Math.round(slackY * random.between(0.25, 0.75));
  const first = digits.length === 1 ? at.width / 4 : 0;
  const placed = digits.map((digit, i): Digit => {
    const x = first + (at.width / 2) * i + slackX * random.between(0.3, 0.7);
    return { digit, x: Math.round(x), y, dot };
  });
  return { kind: "number", ...at, colour: COLOURS[random.weighted(COLOUR_WEIGHTS)] ?? "red", digits: placed };
}

/** A scene of any kind, shapes most often. */
export function anyScene(random: Random): Scene {
  const kind = random.weighted([60, 20, 20]);
  return kind === 0 ? shapesScene(random) : kind === 1 ? chartScene(random) : numberScene(random);
}
