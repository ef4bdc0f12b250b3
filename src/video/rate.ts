/** Frames per second as containers store them. */
export interface Rate {
  readonly num: number;
  readonly den: number;
}

/** `30000/1001`, `25/1`; undefined for `0/0`, which says that there is none. */
export function parseRate(text: string): Rate | undefined {
  const [, num, den = "1"] = /^(\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  const rate = { num: Number(num), den: Number(den) };
  return rate.num > 0 && rate.den > 0 && Number.isSafeInteger(rate.num) && Number.isSafeInteger(rate.den)
    ? rate
    : undefined;
}

export const perSecond = ({ num, den }: Rate): number => num / den;

/** Seconds that so many frames last, as exact as a double is. */
export const secondsOf = (frames: number, { num, den }: Rate): number => (frames * den) / num;
