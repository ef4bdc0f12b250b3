import { figure, label, type Part } from "../format/figure.js";
import { chart, chartHeight, chartWidth, nameOf, wordsOf } from "./chart.js";
import type { Series } from "./series.js";

/** A figure with a chart for each series; of a series of one run its value in words. */
export function historySvg(series: readonly Series[]): string {
  return figure(`${series.length} series`, chartWidth, series.map(part));
}

function part(series: Series): Part {
  const words = wordsOf(series);
  const above = 18 + words.length * 15;
  const texts = [
    label(nameOf(series), 0, 14, { of: "title", limit: 90 }),
    ...words.map((text, i) => label(text, 0, 30 + i * 15, { of: "soft small", limit: 120 })),
  ];
  if (series.points.length === 1) return { svg: texts.join("\n"), height: above + 12 };
  const drawn = `<g transform="translate(0 ${above})">\n${chart(series)}\n</g>`;
  return { svg: [...texts, drawn].join("\n"), height: above + chartHeight + 16 };
}
