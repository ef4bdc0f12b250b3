/** Figures as SVG files of their own: nothing behind them, dark strokes on paper and on light pages, light ones in dark mode. */
import { xmlText } from "./xml.js";

/** A figure's part, and the height that it takes. */
export interface Part {
  readonly svg: string;
  readonly height: number;
}

// Plain colours in classes: converters to PDF know no variables. Hues after Okabe and Ito (2008), which differ in lightness too, so that they
// can be told apart in grey and by most of those who see fewer colours.
const light = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5c5c5c", "#000000"];
const dark = ["#56b4e9", "#ff8c42", "#2fd3a5", "#e6a3c8", "#f0c23c", "#9bd4f5", "#b8b8b8", "#ffffff"];
export const hues = light.length;

const rules = (ink: string, soft: string, line: string, palette: readonly string[]) => [
  `text { fill: ${ink}; }`,
  `.soft { fill: ${soft}; }`,
  `.axis, .grid { stroke: ${line}; }`,
  `.change, .whisker { stroke: ${ink}; }`,
  ...palette.flatMap((hue, i) => [`.s${i} { stroke: ${hue}; }`, `.f${i} { fill: ${hue}; }`]),
];

const style = [
  "text { font: 12px 'Helvetica Neue', Helvetica, Arial, sans-serif; }",
  ".small { font-size: 10.5px; } .title { font-weight: bold; }",
  "line, polyline { fill: none; stroke-width: 1.5; } .axis, .grid { stroke-width: 1; } .grid { stroke-dasharray: 2 3; }",
  ".band { fill-opacity: .18; stroke: none; } .hollow { fill: none; stroke-width: 1.5; } .change { stroke-dasharray: 4 3; }",
  ...rules("#1f2328", "#57606a", "#b9c0c8", light),
  `@media (prefers-color-scheme: dark) { ${rules("#e6edf3", "#9da7b1", "#4a525b", dark).join(" ")} }`,
].join("\n");

/** The parts below each other. @param title  what a screen reader says */
export function figure(title: string, width: number, parts: readonly Part[]): string {
  let y = 0;
  const placed = parts.map(({ svg, height }) => {
    const at = y;
    y += height;
    return `<g transform="translate(0 ${at})">\n${svg}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">`,
    `<title>${xmlText(title)}</title>`,
    `<style>\n${style}\n</style>`,
    ...placed,
    "</svg>\n",
  ].join("\n");
}

export type Anchor = "start" | "middle" | "end";

/** @param limit  characters at most: an SVG text does not wrap */
export function label(
  text: string,
  x: number,
  y: number,
  {
    anchor = "start",
    of = "",
    limit = Number.POSITIVE_INFINITY,
  }: { anchor?: Anchor; of?: string; limit?: number } = {},
): string {
  const letters = [...text];
  const shown = letters.length <= limit ? text : `${letters.slice(0, limit - 1).join("")}…`;
  const whole = shown === text ? "" : `<title>${xmlText(text)}</title>`;
  const kind = of === "" ? "" : ` class="${of}"`;
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${kind}>${xmlText(shown)}${whole}</text>`;
}

type Point = readonly [x: number, y: number];

export const line = (of: string, [x1, y1]: Point, [x2, y2]: Point) =>
  `<line class="${of}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;

export const round = (at: number) => Math.round(at * 10) / 10;

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Round numbers inside it. */
  readonly ticks: readonly number[];
  /** Digits behind the point that tell the ticks apart. */
  readonly digits: number;
}

/** @param values  all that must lie inside  @param zero  begin there, as bars do */
export function scaleOf(values: readonly number[], { most = 4, zero = false } = {}): Scale {
  const finite = values.filter(Number.isFinite);
  const [least, greatest] = [Math.min(...finite, ...(zero ? [0] : [])), Math.max(...finite, ...(zero ? [0] : []))];
  const span = greatest - least || Math.max(1, Math.abs(greatest) * 0.1);
  const room = zero ? 0 : span * 0.06;
  const [low, high] = [least - room, least + span + span * 0.06];
  const rough = (high - low) / most;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { low, high, ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** Where a value lies between two ends. */
export const placeIn = ({ low, high }: Scale, value: number, from: number, to: number) =>
  from + ((to - from) * (value - low)) / (high - low);
