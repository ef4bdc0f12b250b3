/** What is looked at, in the address after `#`: every view is a link. */
import { useEffect, useState } from "preact/hooks";

export interface Route {
  readonly task?: string;
  /** `all`, `c`, `w`, `p`, `u`, `worse`, `better`, `both-wrong`, `remark:e` ... */
  readonly filter: string;
  /** Whose samples the filter means. Default: the last run's. */
  readonly run?: number;
  /** Only samples of this sub-score: `answer_type=number`. */
  readonly group?: string;
  readonly query: string;
  readonly sort: string;
  /** `index/repeat` position in the task's order. */
  readonly sample?: number;
}

export function readRoute(hash: string): Route {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const sample = parameters.get("sample");
  const task = parameters.get("task");
  const run = parameters.get("run");
  const group = parameters.get("group");
  return {
    ...(task === null ? {} : { task }),
    filter: parameters.get("show") ?? "all",
    query: parameters.get("q") ?? "",
    sort: parameters.get("sort") ?? "order",
    ...(run === null || !/^\d$/.test(run) ? {} : { run: Number(run) }),
    ...(group === null ? {} : { group }),
    ...(sample === null || !/^\d+$/.test(sample) ? {} : { sample: Number(sample) }),
  };
}

export function hashOf(route: Partial<Route>): string {
  const parameters = new URLSearchParams();
  if (route.task !== undefined) parameters.set("task", route.task);
  if (route.filter && route.filter !== "all") parameters.set("show", route.filter);
  if (route.run !== undefined) parameters.set("run", String(route.run));
  if (route.group) parameters.set("group", route.group);
  if (route.query) parameters.set("q", route.query);
  if (route.sort && route.sort !== "order") parameters.set("sort", route.sort);
  if (route.sample !== undefined) parameters.set("sample", String(route.sample));
  return `#${parameters}`;
}

export function useRoute(): [Route, (next: Partial<Route>) => void] {
  const [route, set] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const listener = () => set(readRoute(location.hash));
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, []);
  const go = (next: Partial<Route>) => {
    // Moving between samples of a list is not worth a step of the Back button.
    const hash = hashOf(next);
    if (next.task === route.task && next.task !== undefined) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
    set(readRoute(hash));
  };
  return [route, go];
}
