/** May two Results of one task be compared? Each difference that makes their numbers mean different things, and how grave it is. */
import type { Result } from "../../core/result.js";

export interface Obstacle {
  /** `refuse`: the numbers measure different things; `warn`: the difference may be what is being tested. */
  readonly severity: "refuse" | "warn";
  /** `task version: 1 against 2`. */
  readonly text: string;
}

export function obstaclesBetween(a: Result, b: Result): Obstacle[] {
  const obstacles: Obstacle[] = [];
  const differ = (severity: Obstacle["severity"], what: string, left: unknown, right: unknown) => {
    const [x, y] = [shown(left), shown(right)];
    if (x !== y) obstacles.push({ severity, text: `${what}: ${x} against ${y}` });
  };
  differ("refuse", "task version", a.version, b.version);
  differ("refuse", "scoring", a.scoring, b.scoring);
  differ("refuse", "reasoning tags", a.reasoningTags?.join(", ") ?? "none", b.reasoningTags?.join(", ") ?? "none");
  differ("refuse", "frames of clips", a.frames?.rule ?? "none", b.frames?.rule ?? "none");
  differ("warn", "decoder of clips", a.frames?.decoder ?? "none", b.frames?.decoder ?? "none");
  differ("refuse", "data kind", a.dataset.kind, b.dataset.kind);
  differ("refuse", "split", a.dataset.split, b.dataset.split);
  // Equal content under two names (a mirror, a local copy) is the same data.
  if (a.dataset.digest === undefined || a.dataset.digest !== b.dataset.digest) {
    differ("refuse", "data source", a.dataset.source, b.dataset.source);
    differ("refuse", "data revision", a.dataset.revision, b.dataset.revision);
    differ("refuse", "data digest", a.dataset.digest, b.dataset.digest);
  }
  differ("refuse", "places that options are moved by", a.optionOrder ?? 0, b.optionOrder ?? 0);
  differ("refuse", "main metric", a.metrics[0]?.name, b.metrics[0]?.name);
  differ("refuse", "judge", a.judge?.model, b.judge?.model);
  differ("refuse", "judge's prompt", a.judge?.promptDigest, b.judge?.promptDigest);
  differ("warn", "prompt profile", a.promptProfile, b.promptProfile);
  for (const key of new Set([...Object.keys(a.generation), ...Object.keys(b.generation)])) {
    differ("warn", `generation option ${key}`, a.generation[key], b.generation[key]);
  }
  differ("warn", "offset", a.offset ?? 0, b.offset ?? 0);
  differ("warn", "limit", a.limit ?? "none", b.limit ?? "none");
  differ("warn", "repeats", a.repeats, b.repeats);
  differ("warn", "flags", a.flags.join(" ") || "none", b.flags.join(" ") || "none");
  for (const [name, result] of [
    ["A", a],
    ["B", b],
  ] as const) {
    const { refused, transport, judge, data } = result.n.unscored;
    const unscored = refused + transport + judge + data;
    if (unscored > 0) obstacles.push({ severity: "warn", text: `${name} has ${unscored} unscored samples` });
  }
  return obstacles;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "not stated");
}
