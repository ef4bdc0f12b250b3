// npm test: every suite, and one last line that sums what the runners' own reports say.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, "build", "reports");
mkdirSync(reports, { recursive: true });

/** A suite runs a command that writes a report, and reads its counts from there. */
const suites = [
  {
    name: "vitest",
    report: "vitest.json",
    command: (report) => [
      process.execPath,
      "node_modules/vitest/vitest.mjs",
      "run",
      "--reporter=dot",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    counts: ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) => ({
      passed: numPassedTests,
      // A file that does not load has no failed test of its own.
      failed:
        numFailedTests +
        testResults.filter(
          ({ status, assertionResults }) =>
            status === "failed" && assertionResults.every((one) => one.status !== "failed"),
        ).length,
      skipped: numPendingTests + numTodoTests,
    }),
  },
];

const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, report, command, counts } of suites) {
  const path = join(reports, report);
  rmSync(path, { force: true });
  const [program, ...args] = command(path);
  const { status } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  const found = existsSync(path)
    ? counts(JSON.parse(readFileSync(path, "utf8")))
    : { passed: 0, failed: 1, skipped: 0 };
  if (status !== 0 && found.failed === 0) found.failed = 1;
  if (found.passed + found.failed === 0) {
    process.stdout.write(`${name}: no test ran\n`);
    found.failed = 1;
  }
  process.stdout.write(`${name}: ${found.passed} passed, ${found.failed} failed, ${found.skipped} skipped\n`);
  for (const key of Object.keys(total)) total[key] += found[key];
}
process.stdout.write(`tests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
