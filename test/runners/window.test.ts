import { expect, test, vi } from "vitest";
import { TransportError } from "../../src/http/transport-error.js";
import { Window } from "../../src/runners/remote/window.js";

const limited = (retryAfterMs: number) => new TransportError("status", "HTTP 429", { status: 429, retryAfterMs });

test("a pause that ends between two looks at the clock leaves nobody waiting", async () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
  try {
    const window = new Window(4);
    window.congested(limited(200), 1000);
    // Too early by a tenth of a millisecond at the first look, over at the second.
    clock.mockReturnValueOnce(1199.9).mockReturnValue(1200.1);
    await window.enter();
    window.leave();
  } finally {
    clock.mockRestore();
  }
}, 5_000);

test("a queue behind a pause is let in when it ends, in order and as many as are allowed", async () => {
  const window = new Window(2);
  window.congested(limited(50), performance.now());
  const admitted: number[] = [];
  const asking = [0, 1, 2, 3].map(async (n) => {
    await window.enter();
    admitted.push(n);
    await new Promise((resolve) => setTimeout(resolve, 5));
    window.leave();
  });
  await Promise.all(asking);
  expect(admitted).toEqual([0, 1, 2, 3]);
}, 5_000);
