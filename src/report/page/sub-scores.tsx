import type { MetricResult } from "../../core/metric-result.js";
import type { PageTask } from "../page-data.js";
import { count, letterOf, shown, signedShown } from "./numbers.js";
import { hashOf } from "./route.js";

/** All metrics and sub-scores of a task, of every run. */
export function SubScores({ task }: { task: PageTask }) {
  const result = task.results.findLast((one) => one !== null);
  if (!result) return null;
  const groups = [...new Set(task.results.flatMap((one) => Object.keys(one?.groups ?? {})))];
  return (
    <details class="details">
      <summary>
        {task.task} v{result.version}: all metrics{groups.length > 0 ? " and sub-scores" : ""}
      </summary>
      {task.results.map(
        (one, i) => one && <Facts key={i} result={one} letter={task.results.length > 1 ? letterOf(i) : ""} />,
      )}
      {task.marks.length > 0 && (
        <p class="dim">
          Published, for other setups:{" "}
          {task.marks
            .map(
              ({ label, value, source }) =>
                `${label} ${shown(value, result.metrics[0]?.unit ?? "percent")} (${source})`,
            )
            .join(" · ")}
        </p>
      )}
      <MetricTable
        name="metric"
        rows={rowsOf(task.results.map((one) => one?.metrics.map((metric) => [metric.name, metric])))}
      />
      {groups.map((group) => (
        <section key={group}>
          <h2>{group}</h2>
          <MetricTable
            name={group}
            rows={rowsOf(
              task.results.map((one) =>
                Object.entries(one?.groups[group] ?? {}).flatMap(([value, metrics]) =>
                  metrics.slice(0, 1).map((metric): [string, MetricResult] => [value, metric]),
                ),
              ),
            )}
            link={(value) =>
              task.groups[group]?.values.includes(value)
                ? hashOf({ task: task.task, group: `${group}=${value}` })
                : undefined
            }
          />
        </section>
      ))}
    </details>
  );
}

/** What a run's numbers depend on. */
function Facts({ result, letter }: { result: NonNullable<PageTask["results"][number]>; letter: string }) {
  const { dataset, judge } = result;
  return (
    <>
      <p class="dim">
        {letter && <strong>{letter} </strong>}
        {dataset.source} ({dataset.split}
        {dataset.revision ? ` @ ${dataset.revision.slice(0, 12)}` : ""}) · {dataset.licence} · scoring {result.scoring}{" "}
        · prompt profile {result.promptProfile} · {JSON.stringify(result.generation)}
        {judge ? ` · judge ${judge.model}` : ""}
      </p>
      {result.notes.map((note) => (
        <p key={note} class="note">
          {letter} {note}
        </p>
      ))}
    </>
  );
}

interface MetricRow {
  readonly name: string;
  readonly metrics: readonly (MetricResult | undefined)[];
}

/** One row for each name that any run has, in the order of the last run. */
function rowsOf(runs: readonly (readonly (readonly [string, MetricResult])[] | undefined)[]): MetricRow[] {
  const tables = runs.map((rows) => new Map(rows ?? []));
  const names = new Set([...tables].reverse().flatMap((table) => [...table.keys()]));
  return [...names].map((name) => ({ name, metrics: tables.map((table) => table.get(name)) }));
}

interface MetricTableProps {
  readonly name: string;
  readonly rows: readonly MetricRow[];
  /** Where the samples of a row are. */
  link?(name: string): string | undefined;
}

function MetricTable({ name, rows, link }: MetricTableProps) {
  const several = (rows[0]?.metrics.length ?? 0) > 1;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it
    <section class="wide" tabIndex={0} aria-label={name}>
      <table class="metrics">
        {several && (
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">{name}</span>
              </th>
              {rows[0]?.metrics.map((_, i) => (
                <th scope="col" key={i} colSpan={2} class="number">
                  {letterOf(i)}
                </th>
              ))}
              {rows[0]?.metrics.slice(1).map((_, i) => (
                <th scope="col" key={i} class="number">
                  {letterOf(i + 1)} − A
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">
                <Linked words={row.name} to={link?.(row.name)} />
                <NameThere metrics={row.metrics} />
              </th>
              {row.metrics.map((metric, i) => (
                <MetricCells key={i} metric={metric} alone={!several} />
              ))}
              {row.metrics.slice(1).map((metric, i) => (
                <td key={i} class="number">
                  {difference(row.metrics[0], metric)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What the authors of the scoring call the number, where that is another name. @param metrics  by run */
export function NameThere({ metrics }: { metrics: readonly (MetricResult | undefined)[] }) {
  const there = metrics.find((metric) => metric?.reportedAs !== undefined)?.reportedAs;
  return there === undefined ? null : <small class="there">reported as “{there}”</small>;
}

const Linked = ({ words, to }: { words: string; to: string | undefined }) =>
  to === undefined ? <span>{words}</span> : <a href={to}>{words}</a>;

function MetricCells({ metric, alone }: { metric: MetricResult | undefined; alone: boolean }) {
  const interval = metric?.interval ? `[${metric.interval.map((end) => shown(end, metric.unit)).join(", ")}]` : "";
  return (
    <>
      <td class="number">
        <strong>{metric ? shown(metric.value, metric.unit) : "–"}</strong>
      </td>
      <td class="number dim">{interval}</td>
      {alone && <td class="number dim">{metric ? `n = ${count(metric.n)}` : ""}</td>}
      {alone && <td class="dim">{metric?.note}</td>}
    </>
  );
}

/** Empty where one has no value. */
function difference(first: MetricResult | undefined, other: MetricResult | undefined): string {
  if (typeof first?.value !== "number" || typeof other?.value !== "number" || first.unit !== other.unit) return "";
  return signedShown(other.value - first.value, other.unit);
}
