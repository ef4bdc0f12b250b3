import type { PageData, PageTask, PageUsage } from "../page-data.js";
import { count, letterOf, milliseconds } from "./numbers.js";

const [width, rowHeight] = [300, 16] as const;

/** How long answers took, on one logarithmic axis for all tasks and runs, and what they cost. */
export function Usage({ data }: { data: PageData }) {
  const tasks = data.tasks.filter(({ usage }) => usage.some((one) => one !== null));
  const all = tasks.flatMap(({ usage }) => usage.flatMap((one) => one ?? []));
  if (all.length === 0) return null;
  const ends = all.flatMap(({ ms }) => ms).filter((value) => value > 0);
  // Whole powers of ten: `10 ms`, `100 ms`, `1.0 s`.
  const low = Math.floor(Math.log10(Math.min(...ends, 1000)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...ends, 1))));
  const x = (ms: number) => 8 + ((width - 16) * (Math.log10(Math.max(ms, 10 ** low)) - low)) / (high - low);
  const costs = all.flatMap(({ cost }) => cost ?? []);
  const dearest = Math.max(...costs, 0);
  const several = data.runs.length > 1;
  return (
    <section class="usage" aria-labelledby="usage">
      <h2 id="usage">Time and cost</h2>
      <table class="timed">
        <caption class="hidden">How long the answers of each task took, their tokens, and what they cost</caption>
        <thead>
          <tr>
            <th scope="col">task</th>
            {several && <th scope="col">run</th>}
            <th scope="col" class="plot">
              an answer's time: 5th, 50th, 95th of a hundred
            </th>
            <th scope="col" class="number">
              median
            </th>
            <th scope="col" class="number">
              95th
            </th>
            <th scope="col" class="number">
              tokens in
            </th>
            <th scope="col" class="number">
              tokens out
            </th>
            {costs.length > 0 && (
              <th scope="col" class="number">
                cost
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {tasks.flatMap((task) =>
            task.usage.map((usage, run) =>
              usage === null ? null : (
                <tr key={`${task.task} ${run}`} class={`side-${run}`}>
                  {isFirst(task, run) ? (
                    <th scope="rowgroup" rowSpan={task.usage.filter((one) => one !== null).length}>
                      {task.task}
                    </th>
                  ) : null}
                  {several && (
                    <td class="run-letter">
                      <span class="letter">{letterOf(run)}</span>
                    </td>
                  )}
                  <td class="plot">
                    <svg class="dots" viewBox={`0 0 ${width} ${rowHeight}`} aria-hidden="true">
                      {Array.from({ length: high - low + 1 }, (_, i) => (
                        <line
                          key={i}
                          class="axis"
                          x1={x(10 ** (low + i))}
                          x2={x(10 ** (low + i))}
                          y1={0}
                          y2={rowHeight}
                        />
                      ))}
                      <line class="bar" x1={x(usage.ms[0])} x2={x(usage.ms[2])} y1={8} y2={8} />
                      <circle class="dot" cx={x(usage.ms[1])} cy={8} r={4} />
                    </svg>
                  </td>
                  <td class="number" data-name="median">
                    {milliseconds(usage.ms[1])}
                  </td>
                  <td class="number" data-name="95th">
                    {milliseconds(usage.ms[2])}
                  </td>
                  <td class="number" data-name="tokens in">
                    {usage.promptTokens === undefined ? "–" : count(usage.promptTokens)}
                  </td>
                  <td class="number" data-name="tokens out">
                    {usage.completionTokens === undefined ? "–" : count(usage.completionTokens)}
                  </td>
                  {costs.length > 0 && <CostCell usage={usage} dearest={dearest} />}
                </tr>
              ),
            ),
          )}
        </tbody>
      </table>
      <p class="dim scale">
        Lines at{" "}
        {Array.from({ length: high - low + 1 }, (_, i) => milliseconds(10 ** (low + i)).replace(".0 s", " s")).join(
          ", ",
        )}
        .
      </p>
    </section>
  );
}

const isFirst = (task: PageTask, run: number) => task.usage.findIndex((one) => one !== null) === run;

function CostCell({ usage, dearest }: { usage: PageUsage; dearest: number }) {
  const { cost } = usage;
  if (cost === undefined)
    return (
      <td class="number" data-name="cost">
        –
      </td>
    );
  return (
    <td class="number cost" data-name="cost">
      ${cost < 1 ? cost.toPrecision(2) : cost.toFixed(2)}
      <svg class="dots" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="amount" width={dearest === 0 ? 0 : (100 * cost) / dearest} height={4} />
      </svg>
    </td>
  );
}
