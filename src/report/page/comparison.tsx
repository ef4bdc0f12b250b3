import type { PageComparison, PageData, PageTaskComparison } from "../page-data.js";
import { axisOf, count, letterOf, shown, signedShown } from "./numbers.js";
import { hashOf } from "./route.js";

/** What `compare` says of each further run against the first. */
export function Comparisons({ data }: { data: PageData }) {
  const { comparisons, runs } = data;
  if (comparisons.length === 0) return null;
  return (
    <section class="comparisons" aria-labelledby="comparisons">
      <h2 id="comparisons">Compared with A</h2>
      {comparisons.map((comparison) => (
        // With many runs the verdicts come first, and each one's tasks when they are asked for.
        <details key={comparison.run} class={`comparison side-${comparison.run}`} open={comparisons.length < 3}>
          <summary>
            <span class="swatch" aria-hidden="true" />
            <strong>{letterOf(comparison.run)}</strong> <span class="model">{runs[comparison.run]?.model}</span>{" "}
            <Verdict verdict={comparison.verdict ?? "not compared"} />
            {comparisons.length >= 3 && <Deltas comparison={comparison} data={data} />}
          </summary>
          {comparison.tasks.length > 0 && <ComparisonTable comparison={comparison} data={data} />}
          {comparison.warnings.map((warning) => (
            <p key={warning} class="note">
              {warning}
            </p>
          ))}
        </details>
      ))}
    </section>
  );
}

/** In the order of the page. */
const tasksOf = ({ tasks }: PageComparison, data: PageData) =>
  data.tasks.flatMap(({ task }) => tasks.find((one) => one.task === task) ?? []);

/** Every task in a word or two, for a comparison that is folded up. */
const Deltas = ({ comparison, data }: { comparison: PageComparison; data: PageData }) => (
  <span class="deltas dim">
    {tasksOf(comparison, data).map(({ task, delta, unit, words }) => (
      <span key={task}>
        {task}{" "}
        <strong class={`tone verdict-${toneOf(words)}`}>{delta === null ? "–" : signedShown(delta, unit)}</strong>
      </span>
    ))}
  </span>
);

const tones: Readonly<Record<string, string>> = {
  regression: "bad",
  improvement: "good",
  "no regression": "soft",
};
const toneOf = (words: string) => tones[words] ?? "unsure";
const signs: Readonly<Record<string, string>> = { bad: "▼", good: "▲", soft: "=", unsure: "?" };

/** The sign says in one letter what the colour says. */
function Verdict({ verdict }: { verdict: string }) {
  const tone = toneOf(verdict);
  return (
    <span class={`verdict verdict-${tone}`}>
      <span aria-hidden="true">{signs[tone]} </span>
      {verdict}
    </span>
  );
}

function ComparisonTable({ comparison, data }: { comparison: PageComparison; data: PageData }) {
  const letter = letterOf(comparison.run);
  return (
    <table class="compared">
      <caption class="hidden">{letter} against A, task by task, on the samples that both have scored</caption>
      <thead>
        <tr>
          <th scope="col">task</th>
          <th scope="col" class="number">
            A
          </th>
          <th scope="col" class="number">
            {letter}
          </th>
          <th scope="col" class="number">
            {letter} − A
          </th>
          <th scope="col" class="plot">
            difference, 95 % interval
          </th>
          <th scope="col">verdict</th>
          <th scope="col">samples</th>
        </tr>
      </thead>
      <tbody>
        {tasksOf(comparison, data).map((task) => (
          <ComparedTask key={task.task} task={task} run={comparison.run} data={data} />
        ))}
      </tbody>
    </table>
  );
}

function ComparedTask({ task, run, data }: { task: PageTaskComparison; run: number; data: PageData }) {
  const { unit, delta, interval, p, pHolm } = task;
  const ends = interval?.map((end) => (end === null ? "∞" : signedShown(end, unit)));
  const changes = data.tasks.find((one) => one.task === task.task)?.changes[run] ?? "";
  const amount = (wanted: string) => [...changes].filter((one) => one === wanted).length;
  const tests = p === undefined ? "" : `p ${pShown(p)}${pHolm === undefined ? "" : `, ${pShown(pHolm)} by Holm`}`;
  return (
    <tr>
      <th scope="row">
        <a href={hashOf({ task: task.task })}>{task.task}</a> <span class="dim">{task.metric}</span>
      </th>
      <td class="number side" data-name="A">
        {shown(task.a, unit)}
      </td>
      <td class="number side" data-name={letterOf(run)}>
        {shown(task.b, unit)}
      </td>
      <td class="number change">
        <strong>{delta === null ? "–" : signedShown(delta, unit)}</strong>
        {ends && <span class="dim"> [{ends.join(", ")}]</span>}
      </td>
      <td class="plot">
        <DifferencePlot task={task} />
      </td>
      <td class="why">
        <Verdict verdict={task.words} />{" "}
        <span class="dim">{[task.reason === task.words ? "" : task.reason, tests].filter(Boolean).join("; ")}</span>
      </td>
      <td class="flips">
        {/[-+=]/.test(changes) ? (
          <>
            {(["worse", "better"] as const).map((filter) => (
              <a key={filter} href={hashOf({ task: task.task, filter, run })}>
                {count(amount(filter === "worse" ? "-" : "+"))} {filter}
              </a>
            ))}
            <span class="dim"> of {count(task.paired)}</span>
          </>
        ) : (
          <span class="dim">{count(task.paired)}, none with a value of its own</span>
        )}
      </td>
    </tr>
  );
}

const pShown = (p: number) => (p < 0.001 ? "< 0.001" : p.toFixed(3));

const [width, height] = [220, 34] as const;

/** The difference with its interval around 0: to the left the run is the worse one where higher is better. */
function DifferencePlot({ task }: { task: PageTaskComparison }) {
  const { delta, interval, unit, words } = task;
  if (delta === null) return null;
  const known = [delta, ...(interval ?? [])].filter((end) => typeof end === "number");
  const [low, high] = axisOf([0, ...known]);
  const x = (value: number) => 8 + ((width - 16) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  const [from, to] = [interval?.[0] ?? low, interval?.[1] ?? high];
  return (
    <svg class={`difference verdict-${toneOf(words)}`} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <line class="zero" x1={x(0)} x2={x(0)} y1={1} y2={height - 13} />
      {interval && <line class="bar" x1={x(from)} x2={x(to)} y1={11} y2={11} />}
      <circle class="dot" cx={x(delta)} cy={11} r={4} />
      {[low, 0, high].map((value, i) =>
        (i === 0 && x(0) - x(low) < 30) || (i === 2 && x(high) - x(0) < 30) ? null : (
          <text
            key={i}
            class="tick"
            x={x(value)}
            y={height - 2}
            text-anchor={x(value) < 20 ? "start" : x(value) > width - 20 ? "end" : "middle"}
          >
            {signedShown(value, unit)}
          </text>
        ),
      )}
    </svg>
  );
}
