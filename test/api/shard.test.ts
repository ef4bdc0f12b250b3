import { expect, test } from "vitest";
import { parseShard, shardFolder } from "../../src/api/run/shard.js";
import { UserError } from "../../src/core/errors.js";

test("a shard is a part of a whole, counted from 0", () => {
  expect(parseShard("3/16", {})).toEqual({ index: 3, count: 16 });
  for (const wrong of ["16/16", "1/0", "-1/4", "1", "a/b", "1/4/2", "0/10001", ""])
    expect(() => parseShard(wrong, {}), wrong).toThrow(UserError);
});

test("auto is what the scheduler says", () => {
  const slurm = { SLURM_ARRAY_TASK_ID: "5", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_COUNT: "8" };
  expect(parseShard("auto", slurm)).toEqual({ index: 4, count: 8 });
  expect(parseShard("auto", { ...slurm, SLURM_ARRAY_TASK_STEP: "2", SLURM_ARRAY_TASK_COUNT: "4" })).toEqual({
    index: 2,
    count: 4,
  });
  // Some tasks of an array are run again alone: their number is the whole's.
  expect(parseShard("auto/8", { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "1" })).toEqual({
    index: 3,
    count: 8,
  });
  expect(parseShard("auto/16", { JOB_COMPLETION_INDEX: "15" })).toEqual({ index: 15, count: 16 });
  expect(() => parseShard("auto", { JOB_COMPLETION_INDEX: "15" })).toThrow(/nobody says of how many/);
  expect(() => parseShard("auto", {})).toThrow(/no scheduler says which part/);
});

test("shards stand below their run's folder, in order", () => {
  expect(shardFolder("r", { index: 3, count: 16 })).toBe("r/shards/03-of-16");
  expect(shardFolder("r", { index: 3, count: 200 })).toBe("r/shards/003-of-200");
});
