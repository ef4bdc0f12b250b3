import { relative } from "node:path";
import { defined } from "../../core/defined.js";
import type { Until } from "../../core/until.js";
import type { HistoryLine } from "../../record/history.js";
import type { Run } from "../../record/read.js";

/** The lines of a finished run. @param from  the folder of the file that they go into */
export function linesOf(run: Run, from: string): HistoryLine[] {
  const { finishedAt = new Date().toISOString() } = run.manifest;
  return [...run.results.values()].flatMap((result) => {
    const [metric] = result.metrics;
    if (!metric) return [];
    const { source, split, digest } = result.dataset;
    return [
      {
        schema: "llava-eval/history@1" as const,
        finishedAt,
        run: relative(from, run.dir).replaceAll("\\", "/"),
        model: result.model,
        task: result.task,
        version: result.version,
        scoring: result.scoring,
        promptProfile: result.promptProfile,
        ...defined({ frames: result.frames?.rule }),
        ...(result.reasoningTags ? { reasoningTags: [...result.reasoningTags] } : {}),
        ...defined({ judge: result.judge?.model }),
        dataset: { source, split, ...defined({ digest }) },
        metric,
        n: { total: result.n.total, scored: result.n.scored },
        ...defined({ until: stoppedBy(result.until) }),
        flags: [...result.flags],
      },
    ];
  });
}

/** Undefined of a run that asked all there is, decided or not: it is a whole one. */
function stoppedBy(until: Until | undefined): HistoryLine["until"] {
  if (until === undefined || until.samples >= until.of) return undefined;
  return until.order === undefined ? "decided" : `decided by order ${until.order}`;
}
