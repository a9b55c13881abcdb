import { describe, expect, it } from "vitest";
import { bytesField, varintField } from "../../plugin/deliver/protobuf.ts";
import { EXIT } from "../../plugin/errors.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { startHttpInput } from "../support/http_input.ts";
import { finished, linesOf, runProgram, startProgram, until } from "../support/program.ts";

/** The built program in front of a receiver of OTLP that takes a batch in part (`partial_success`). */

const closers = closersOfEach();
const WHY = "index closed\u001b[31m\nby retention";

/** Of three records one is left out (opentelemetry-proto, ExportLogsPartialSuccess). */
const ANSWERS = {
  protobuf: Buffer.concat([bytesField(1, [varintField(1, 1), bytesField(2, WHY)])]),
  json: JSON.stringify({ partialSuccess: { rejectedLogRecords: "1", errorMessage: WHY } }),
};

describe.each(["protobuf", "json"] as const)("a partial success in %s", (encoding) => {
  async function setting() {
    const fake = await fakeFor(closers, {
      api: "2.0",
      seed: 11,
      records: { siem: 2_000, audit: 100 },
    });
    let isPartial = true;
    const answer = { status: 200, headers: {}, body: ANSWERS[encoding] };
    const input = await startHttpInput({
      judge: (number) => (isPartial && number >= 3 ? answer : 200),
    });
    closers.push(() => input.close());
    const workspace = workspaceFor(closers);
    workspace.config(
      configFor(
        workspace.stateDir,
        { acme: { fake, api: "2.0" } },
        `poll: { interval_secs: 1 }\noutput: { otlp: { url: "${input.url}", encoding: ${encoding} } }\n`,
      ),
    );
    const repair = () => {
      isPartial = false;
    };
    return { fake, input, workspace, repair };
  }

  const errorsOf = (stderr: string) =>
    linesOf(stderr)
      .map((line) => JSON.parse(line))
      .filter(({ level }) => level === "error");

  it("ends --once with what the receiver says; nothing of the batch counts, the next run sends it", async () => {
    const { fake, input, workspace, repair } = await setting();
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run).toMatchObject({ code: EXIT.delivery, stdout: "" });
    const [error] = errorsOf(run.stderr);
    expect(error).toMatchObject({ code: "delivery_rejected" });
    expect(error.msg).toContain(
      "1 records of the batch are rejected: index closed [31m by retention",
    );
    expect(error.hint).toContain("nothing is committed");
    // It stops: no batch is posted after the one that was taken in part.
    expect(input.batches).toHaveLength(3);
    const rejected = input.batches[2]?.lines ?? [];

    repair();
    const next = await runProgram(["poll", "--once"], workspace.env);
    expect(next.code).toBe(EXIT.ok);
    const later = new Set(input.batches.slice(3).flatMap(({ lines }) => lines));
    expect(rejected.filter((line) => !later.has(line) && !line.includes("health_"))).toEqual([]);
    expect(new Set(input.ids())).toEqual(new Set(fake.ids()));
  });

  it("ends --follow too, and the next one brings everything", async () => {
    const { fake, input, workspace, repair } = await setting();
    const child = startProgram(["poll", "--follow"], workspace.env);
    const run = await finished(child);
    expect(run.code).toBe(EXIT.delivery);
    expect(errorsOf(run.stderr)[0]).toMatchObject({ code: "delivery_rejected" });
    expect(input.batches).toHaveLength(3);

    repair();
    const again = startProgram(["poll", "--follow"], workspace.env);
    const over = finished(again);
    await until(() => new Set(input.ids()).size >= fake.total(), 60_000, "every record");
    again.kill("SIGTERM");
    expect((await over).code).toBe(EXIT.ok);
    expect(new Set(input.ids())).toEqual(new Set(fake.ids()));
  });
});
