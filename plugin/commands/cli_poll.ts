import { InvalidArgumentError, Option } from "commander";
import type { EngineSettings } from "../engine.ts";
import { parseShard, SHARD_FORMS, type Shard } from "../shard.ts";
import { type AddCommand, configOption, examples } from "./cli_command.ts";
import { type PollOptions, poll } from "./poll.ts";

/** `poll`. */
export const addPoll: AddCommand = (program, { host, exit }) => {
  program
    .command("poll")
    .description("collect what is due and write finished lines to stdout")
    .addOption(configOption())
    .addOption(
      new Option("--once", "collect what is due now, then exit (Fluent Bit exec)").conflicts(
        "follow",
      ),
    )
    .addOption(
      new Option("--follow", "go on collecting (Vector streaming, syslog-ng program())").conflicts(
        "once",
      ),
    )
    .option("-a, --account <name...>", "only these accounts")
    .addOption(
      new Option("--shard <n/of>", "only the accounts of this one of several processes, 2/5")
        .env("MIMECAST_INPUT_SHARD")
        .argParser(shard),
    )
    .addOption(
      new Option("-f, --format <format>", "instead of output.format").choices([
        "leef",
        "json",
        "json+leef",
      ]),
    )
    .addHelpText(
      "after",
      examples(
        "mimecast-input poll --once --config /etc/mimecast-input/config.yaml",
        "mimecast-input poll --follow --account acme --format json+leef",
      ),
    )
    .action(
      async (options: {
        config: string;
        follow?: true;
        account?: string[];
        shard?: Shard;
        format?: EngineSettings["format"];
      }) => {
        const read = await host.readConfig(options.config);
        host.keepLog(read);
        const wanted: PollOptions = {
          mode: options.follow ? "follow" : "once",
          accounts: options.account ?? [],
          ...(options.shard === undefined ? {} : { shard: options.shard }),
          ...(options.format === undefined ? {} : { format: options.format }),
        };
        const code = await poll(read, wanted, {
          effects: await host.effects(read),
          engine: host.engine(),
          version: host.version,
          parentPid: host.parentPid,
          signal: host.signal,
          secrets: host.secrets,
          shipperHttp: (http) => host.shipperHttp(http, read),
          credentials: (account) => host.credentials(account, read),
          lock: host.lock,
          statusLine: host.statusLine,
        });
        exit(code);
      },
    );
};

function shard(text: string): Shard {
  const read = parseShard(text);
  if (read === undefined) throw new InvalidArgumentError(`It ${SHARD_FORMS}.`);
  return read;
}
