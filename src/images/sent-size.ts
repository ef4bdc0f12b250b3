export type Size = readonly [width: number, height: number];

export interface SideLimits {
  /** Pixels of the longer side. */
  readonly maxSide?: number | undefined;
  /** Pixels of the shorter side. */
  readonly minSide?: number | undefined;
}

/**
 * The size in which an image is sent: first made smaller, as Pillow's `thumbnail` rounds, then enlarged where a side is still too short, as
 * VLMEvalKit's API models do it (`smp/vlm.py`, `encode_image_to_base64`), whatever the longer side comes to.
 */
export function sentSize([width, height]: Size, { maxSide, minSide = 0 }: SideLimits): Size {
  const [w, h] = maxSide === undefined ? [width, height] : thumbnail([width, height], maxSide);
  const shorter = Math.min(w, h);
  if (shorter >= minSide) return [w, h];
  const factor = minSide / shorter;
  return [Math.trunc(w * factor), Math.trunc(h * factor)];
}

function thumbnail([width, height]: Size, side: number): Size {
  if (width <= side && height <= side) return [width, height];
  const aspect = width / height;
  if (aspect >= 1) return [side, nearer(side / aspect, (h) => Math.abs(aspect - side / h))];
  return [nearer(side * aspect, (w) => Math.abs(aspect - w / side)), side];
}

/** Of the whole numbers around one that which keeps the aspect better, and at least 1. */
function nearer(value: number, error: (of: number) => number): number {
  const [low, high] = [Math.floor(value), Math.ceil(value)];
  return Math.max(1, low > 0 && error(low) <= error(high) ? low : high);
}
