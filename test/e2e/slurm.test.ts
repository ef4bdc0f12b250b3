/** A real Slurm on this machine: an array of four shards, one of them requeued while it runs, and the merge as a job that depends on it. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, Workplace } from "./cli.js";

const program = join(root, "bin", "llava-eval.js");
const missing = ((): string | undefined => {
  if (process.env.LLAVA_EVAL_TEST_SLURM !== "1") return "npm run soak runs it";
  const absent = ["slurmctld", "slurmd", "sbatch"].filter((name) => spawnSync("which", [name]).status !== 0);
  return absent.length > 0 ? `no ${absent.join(", ")}: apt-get install slurmctld slurmd slurm-client` : undefined;
})();

const place = mkdtempSync(join(tmpdir(), "llava-eval-slurm-"));
const host = hostname().split(".")[0];
const conf = join(place, "slurm.conf");
const environment = { ...process.env, SLURM_CONF: conf };

/** One node, no munge, no systemd, no cgroups; whoever runs the test owns it. */
function configuration(): string {
  const user = userInfo().username;
  return [
    ...["ClusterName=test", `SlurmctldHost=${host}(127.0.0.1)`, "AuthType=auth/none", "CredType=cred/none"],
    // A requeued task starts again when its credential has ended.
    "AuthInfo=cred_expire=5",
    ...[`SlurmUser=${user}`, `SlurmdUser=${user}`, "SlurmctldPort=16827", "SlurmdPort=16828"],
    ...[`StateSaveLocation=${place}/state`, `SlurmdSpoolDir=${place}/spool`],
    ...[`SlurmctldPidFile=${place}/slurmctld.pid`, `SlurmdPidFile=${place}/slurmd.pid`],
    ...[`SlurmctldLogFile=${place}/slurmctld.log`, `SlurmdLogFile=${place}/slurmd.log`],
    ...["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "JobAcctGatherType=jobacct_gather/none"],
    ...["AccountingStorageType=accounting_storage/none", "SelectType=select/cons_tres"],
    ...["SelectTypeParameters=CR_Core", "SwitchType=switch/none", "MpiDefault=none", "ReturnToService=2"],
    ...["SchedulerParameters=sched_min_interval=0,defer=0", "SlurmdParameters=config_overrides"],
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 State=UNKNOWN`,
    `PartitionName=test Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}

const slurm = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: place, env: environment, encoding: "utf8" }).trim();

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 200));
  expect(holds()).toBe(true);
}

beforeAll(async () => {
  if (missing !== undefined) return;
  for (const folder of ["state", "spool"]) mkdirSync(join(place, folder));
  writeFileSync(conf, configuration());
  slurm("slurmctld", "-f", conf, "-c");
  slurm("slurmd", "-f", conf);
  await until(() => slurm("sinfo", "-h", "-o", "%t").includes("idle"));
});

afterAll(async () => {
  if (missing === undefined) {
    spawnSync("scontrol", ["shutdown"], { env: environment });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  rmSync(place, { recursive: true, force: true });
});

test.skipIf(missing !== undefined)(
  `an array of four, one requeued, merged by a dependent job, is the run of one machine${missing ? ` (skipped: ${missing})` : ""}`,
  { timeout: 300_000 },
  async () => {
    const settings = `--tasks vqav2,mmmu --data demo --model stub:yes`;
    writeFileSync(
      join(place, "shards.sbatch"),
      `#!/bin/bash
#SBATCH --array=0-3%4 --ntasks=1 --mem=100 --requeue --open-mode=append --output=${place}/shard-%a.txt
echo "start, restarts: \${SLURM_RESTART_COUNT:-0}"
if [ "$SLURM_ARRAY_TASK_ID" = 2 ] && [ -z "$SLURM_RESTART_COUNT" ]; then
  (sleep 1; scontrol requeue "\${SLURM_ARRAY_JOB_ID}_2") &
fi
exec "${process.execPath}" "${program}" run ${settings} --out ${place}/r --shard auto
`,
    );
    const job = slurm("sbatch", "--parsable", "shards.sbatch");
    const merge = `"${process.execPath}" "${program}" merge ${place}/r`;
    const merging = slurm(
      "sbatch",
      "--parsable",
      `--output=${place}/merge.txt`,
      `--dependency=afterany:${job}`,
      "--wrap",
      merge,
    );
    expect(Number(merging)).toBeGreaterThan(Number(job));
    await until(() => slurm("squeue", "-h") === "");
    expect(readFileSync(join(place, "shard-2.txt"), "utf8")).toMatch(/restarts: 0[\s\S]*restarts: 1/);
    await using alone = await Workplace.make();
    expect(await alone.run(...["run", ...settings.split(" "), "--out", "whole"])).toMatchObject({ exitCode: 0 });
    for (const file of ["vqav2.json", "mmmu.json", "vqav2.samples.jsonl", "mmmu.samples.jsonl"])
      expect(readFileSync(join(place, "r", file), "utf8"), file).toBe(await alone.read("whole", file));
  },
);
