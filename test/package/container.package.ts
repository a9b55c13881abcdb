import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { configFor } from "../support/fake_config.ts";
import { type Fake, startFake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { finished, linesOf, onPath } from "../support/program.ts";
import { startQradar } from "../support/qradar_receiver.ts";
import { createImages, runInImage, USER, whyNoImages } from "./images.ts";
import { EXECUTABLE } from "./release.ts";

/**
 * Both images, built by buildah on bases that stand in for the real ones: the same programs at the same paths, their libraries,
 * and nothing else, so that nothing has to be pulled. They run as their own user on a read-only root.
 */

const STATE = "/var/lib/mimecast-input";
const CONFIG = "/etc/mimecast-input";
const why = whyNoImages();
const images = why === null ? createImages() : null;
afterAll(() => images?.close());

const configOf = (fake: Fake) =>
  configFor(STATE, { acme: { fake, api: "2.0" } }, "poll: { start: 7d }\n");
const skipped = (reason: string | null) => (reason === null ? "" : ` (skipped: ${reason})`);

describe("the image with the program alone", () => {
  it.skipIf(images === null)(
    `collects as its own user on a read-only root, and answers its probe${skipped(why)}`,
    async () => {
      const { base, build, disk } = images!;
      const dockerfile = readFileSync("config-examples/kubernetes/Dockerfile", "utf8");
      const name = /^FROM (\S+)$/m.exec(dockerfile)?.[1] ?? "";
      base(name, { [process.execPath]: "nodejs/bin/node" }, ["tmp", "proc", CONFIG, STATE]);
      const image = build(dockerfile, "program");
      expect(image.user).toBe(String(USER));
      const fake = await startFake({ api: "2.0", records: { siem: 200, audit: 30 }, seed: 4 });
      try {
        const disks = {
          [CONFIG]: disk("config", { "config.yaml": configOf(fake) }),
          [STATE]: disk("state"),
        };
        const run = (...args: string[]) =>
          finished(runInImage(image, disks, [...image.entrypoint, ...args]));
        const poll = await run("poll", "--once");
        expect(poll.stderr).not.toMatch(/"level":"error"/);
        expect(poll.code, poll.stderr).toBe(0);
        const ids = linesOf(poll.stdout).flatMap((line) => idOf(line) ?? []);
        expect(ids).toHaveLength(230);
        expect(new Set(ids)).toEqual(new Set(fake.ids()));
        const live = await run("status", "--live");
        expect(live.code, live.stderr).toBe(0);
      } finally {
        await fake.close();
      }
    },
  );
});

const noShipper = why ?? (onPath("fluent-bit") ? null : "fluent-bit is not on PATH");

describe("the image with Fluent Bit", () => {
  it.skipIf(noShipper !== null)(
    `collects and delivers as its own user on a read-only root, and answers its probe${skipped(noShipper)}`,
    async () => {
      const { base, build, disk } = images!;
      const pathOf = (name: string) =>
        execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
      const dockerfile = readFileSync("config-examples/docker/Dockerfile", "utf8");
      // Its first stage makes the release; the one at hand was made by the same command.
      const [, last = ""] = dockerfile.split(/^(?=FROM \S+-debug$)/m);
      base("packaged", { [EXECUTABLE]: "mimecast-input" }, ["state", "buffer"]);
      const shipper = /^FROM (\S+)$/m.exec(last)?.[1] ?? "";
      const programs = {
        [pathOf("fluent-bit")]: "fluent-bit/bin/fluent-bit",
        "/bin/sh": "bin/sh",
        // For its libraries, which the real base has: the file itself comes from the first stage.
        [EXECUTABLE]: "usr/local/bin/mimecast-input",
      };
      base(shipper, programs, ["tmp", "proc", "dev", "var/lib", CONFIG, "fluent-bit/etc"]);
      const image = build(`FROM localhost/packaged AS build\n${last}`, "shipper");
      expect(image.user).toBe(`${USER}:${USER}`);

      const fake = await startFake({ api: "2.0", records: { siem: 200, audit: 30 }, seed: 6 });
      const qradar = await startQradar({ parse: "all" });
      try {
        const disks = {
          [CONFIG]: disk("shipper-config", { "config.yaml": configOf(fake) }),
          [STATE]: disk("shipper-state"),
          "/var/lib/fluent-bit": disk("shipper-buffer"),
          "/dev": "/dev",
        };
        const env = { QRADAR_HOST: "127.0.0.1", QRADAR_PORT: String(qradar.port) };
        const running = runInImage(image, disks, image.entrypoint, env);
        const end = finished(running);
        const arrived = await qradar.waitFor(230, 200_000).then(
          () => "all",
          (error: Error) => error.message,
        );
        running.kill("SIGTERM");
        expect(arrived, (await end).stderr).toBe("all");
        expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
        expect([qradar.problems, qradar.duplicates().size]).toEqual([[], 0]);
        const live = await finished(
          runInImage(image, disks, ["/usr/local/bin/mimecast-input", "status", "--live"]),
        );
        expect(live.code, live.stderr).toBe(0);
      } finally {
        await qradar.close();
        await fake.close();
      }
    },
  );
});
