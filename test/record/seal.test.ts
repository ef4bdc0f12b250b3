import { afterEach, expect, test, vi } from "vitest";
import { keyPath, sealOf } from "../../src/record/seal.js";

vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  // As Node has it for a user without a name and without HOME, in a container that is begun with a number.
  homedir: () => {
    const message = "A system error occurred: uv_os_homedir returned ENOENT (no such file or directory)";
    throw Object.assign(new Error(message), { code: "ERR_SYSTEM_ERROR" });
  },
}));
afterEach(() => vi.unstubAllEnvs());

test("a user without a home keeps his key where XDG_STATE_HOME says", () => {
  vi.stubEnv("XDG_STATE_HOME", "/srv/state");
  expect(keyPath()).toBe("/srv/state/llava-eval/seal.key");
});

test.each(["", "state"])("and none where it says nothing (%j): the run goes on without a seal", async (named) => {
  vi.stubEnv("XDG_STATE_HOME", named);
  expect(keyPath()).toBeUndefined();
  expect(await sealOf(["./my-task.ts"])).toBeUndefined();
});
