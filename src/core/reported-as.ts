import type { MetricResult } from "./metric-result.js";

/** What the authors of the scoring call a metric; undefined where they call it what we do, or nobody knows. */
export const nameThere = ({ name, reportedAs }: Pick<MetricResult, "name" | "reportedAs">): string | undefined =>
  reportedAs === name ? undefined : reportedAs;
