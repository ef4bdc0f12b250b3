/** Arithmetic as the references' Python does it: which frame is taken hangs on the last bit of a quotient. */

/** `round(value)` of Python and numpy: a half goes to the even neighbour. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** `f"{value:.{digits}f}"` of a value that is not negative. `toFixed` goes up at an exact half, Python to the even digit. */
export function fixed(value: number, digits: number): string {
  const halves = value * 2 ** (digits + 1);
  if (!Number.isSafeInteger(halves) || halves % 2 === 0) return value.toFixed(digits);
  // An odd count of 2^-(digits + 1) is the only double that lies half way between two decimals.
  const below = Math.floor((halves * 5 ** digits) / 2);
  return ((below + (below % 2)) / 10 ** digits).toFixed(digits);
}

/** `numpy.linspace(first, last, count)`: in doubles, the last point set to `last`. */
export function evenPoints(first: number, last: number, count: number): number[] {
  if (count === 1) return [first];
  const step = (last - first) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? last : i * step + first));
}

/** `numpy.linspace(0, last, count, dtype=int)`. */
export function evenIndices(last: number, count: number): number[] {
  return evenPoints(0, last, count).map(Math.floor);
}

/** `torch.linspace(first, last, count).round()`: 32-bit, from both ends towards the middle. */
export function evenIndices32(first: number, last: number, count: number): number[] {
  const step = Math.fround((last - first) / (count - 1));
  return Array.from({ length: count }, (_, i) =>
    roundHalfEven(Math.fround(i < Math.floor(count / 2) ? first + step * i : last - step * (count - 1 - i))),
  );
}
