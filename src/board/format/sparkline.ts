const bars = "▁▂▃▄▅▆▇█";

/** The course of some values, the last 40 of them, from their lowest to their highest. */
export function sparkline(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const bar = (value: number) =>
    bars[high === low ? 0 : Math.round(((value - low) / (high - low)) * (bars.length - 1))];
  return values.slice(-40).map(bar).join("");
}
