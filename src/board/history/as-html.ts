import { htmlPage, htmlText } from "../format/html.js";
import { chart, chartHeight, chartWidth, nameOf, wordsOf } from "./chart.js";
import type { Series } from "./series.js";

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#57606a, #9198a1);
  --ink: light-dark(#2f6fde, #74a7ff); --change: light-dark(#b83232, #ff7b7b); }
body { font: 15px/1.5 system-ui, sans-serif; background: Canvas; margin: 2rem auto; padding: 0 1rem; max-width: 60rem; }
h2 { font-size: 1rem; margin: 1.5rem 0 0; }
p { margin: 0; color: var(--soft); }
svg { display: block; width: 100%; }
.grid { stroke: var(--line); }
text { fill: var(--soft); font-size: 11px; }
.f0 { fill: var(--ink); }
.band { opacity: .14; }
.s0 { fill: none; stroke: var(--ink); stroke-width: 1.5; }
.change { stroke: var(--change); stroke-dasharray: 4 3; }
@media (max-width: 600px) { text { font-size: 19px; } }
`;

/** One page without scripts: a chart for each series of two runs or more, the values with the band of their intervals. */
export function historyHtml(series: readonly Series[], title = "llava-eval history"): string {
  return htmlPage(title, style, series.map(section).join("\n"));
}

function section(one: Series): string {
  const { points } = one;
  const name = nameOf(one);
  const words = wordsOf(one);
  return `<section>
<h2>${htmlText(name)}</h2>
${words.map((text) => `<p>${htmlText(text)}</p>`).join("\n")}
${points.length === 1 ? "" : `<svg viewBox="0 0 ${chartWidth} ${chartHeight}" role="img" aria-label="${htmlText(`${name}: ${words.join("; ")}`)}">\n${chart(one)}\n</svg>`}
</section>`;
}
