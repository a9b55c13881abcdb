import { scriptCommand, wholeNumber } from "./script_command.ts";
import { soak } from "./soak/soak.ts";
import { trendsOf, trendTable } from "./soak/trend.ts";

const options = scriptCommand(
  "soak",
  "Runs poll --follow against a fake Mimecast that goes on producing, counts every record, and tells whether memory,\ndescriptors, CPU a minute and state stay flat. Exit code 1 where they do not or a record is lost.",
)
  .option("--minutes <n>", "how long it lasts", wholeNumber(1), 60)
  .option("--rate <n>", "new records a second, over all feeds", wholeNumber(1), 110)
  .option("--interval <n>", "poll.interval_secs", wholeNumber(1), 1)
  .option("--seed <n>", "seed of the records", wholeNumber(1), 1)
  .parse()
  .opts<{ minutes: number; rate: number; interval: number; seed: number }>();

const result = await soak({
  ...options,
  intervalSecs: options.interval,
  sampled: (sample) => process.stderr.write(`${JSON.stringify(sample)}\n`),
});
const trends = trendsOf(result.samples);
process.stdout.write(
  `${trendTable(trends)}\n${(result.seconds / 60).toFixed(1)} minutes: ${result.records} records, ${result.lost.length} lost, ${result.twice} twice\n`,
);
if (result.lost.length > 0) process.stdout.write(`\nThe program said last:\n${result.said}`);
process.exitCode = result.lost.length > 0 || trends.some(({ isRising }) => isRising) ? 1 : 0;
