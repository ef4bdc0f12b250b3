import { bootstrap, folded, type Metric, type MetricValue } from "llava-eval";
import { type Counts, harmonic } from "./cc-ocr-text.js";

/** Of each subset the harmonic mean of precision and recall over all that its samples have (`data.counts`); then the mean of the subsets. */
export function pooledF1(name: string): Metric {
  return {
    ...{ name, unit: "fraction", direction: "higher", range: [0, 1] },
    start(context) {
      const samples: { readonly subset: string; readonly counts: Counts }[] = [];
      const value = (): MetricValue => {
        const spread = context.valueOnly
          ? undefined
          : bootstrap(samples.length, (drawn) => meanOfPools(samples, drawn), [context.seed, name]);
        const interval = spread && { stderr: spread.stderr, interval: spread.interval, method: "bootstrap" as const };
        return { value: samples.length === 0 ? null : meanOfPools(samples), n: samples.length, ...interval };
      };
      return folded(
        {
          scored({ score, groups }) {
            const { counts } = (score.data ?? {}) as { counts?: Counts };
            if (counts) samples.push({ subset: groups.subset ?? "", counts });
          },
          value,
        },
        context,
      );
    },
  };
}

function meanOfPools(
  samples: readonly { readonly subset: string; readonly counts: Counts }[],
  drawn?: Uint32Array,
): number {
  const pools = new Map<string, { right: number; wanted: number; said: number }>();
  samples.forEach(({ subset, counts }, i) => {
    const times = drawn?.[i] ?? 1;
    if (times === 0) return;
    const pool = pools.get(subset) ?? { right: 0, wanted: 0, said: 0 };
    pool.right += times * counts.right;
    pool.wanted += times * counts.wanted;
    pool.said += times * counts.said;
    pools.set(subset, pool);
  });
  return [...pools.values()].reduce((sum, pool) => sum + harmonic(pool), 0) / pools.size;
}
