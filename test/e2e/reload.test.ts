import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import { closersOfAll } from "../support/closers.ts";
import { type Fake, startFake } from "../support/fake_mimecast/fake.ts";
import { type FollowedAccount, type Follower, QUICK, startFollower } from "../support/follower.ts";
import { runProgram, until } from "../support/program.ts";

const closers = closersOfAll();
const FEW = { receipt: 30, audit: 10 };
const USED = "The new configuration is in use";

async function fakeOf(seed: number, records: Readonly<Record<string, number>> = FEW) {
  const fake = await startFake({ api: "2.0", records, seed });
  closers.push(() => fake.close());
  return fake;
}

/** Every record of the fakes has come, and none twice. */
function expectEachOnce(follower: Follower, fakes: readonly Fake[]) {
  const ids = follower.ids();
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids)).toEqual(new Set(fakes.flatMap((fake) => [...fake.ids()])));
  for (const fake of fakes) expect(fake.violations).toEqual([]);
}

/** Asks for the configuration to be read, and waits until it is in use. */
async function taken(follower: Follower) {
  const before = follower.logs().length;
  follower.hangUp();
  return follower.logged(USED, before);
}

it.concurrent("at SIGHUP accounts come and go, and the same process goes on", async () => {
  const [acme, beta] = [await fakeOf(1), await fakeOf(2)];
  const follower = startFollower(closers, { acme: { fake: acme } });
  await follower.complete([acme]);
  follower.secret("beta", beta.credentials.clientSecret);
  follower.configure({ acme: { fake: acme }, beta: { fake: beta } });
  expect(await taken(follower)).toMatchObject({ added: ["beta"], replaced: [], removed: [] });
  await follower.complete([beta]);

  follower.configure({ beta: { fake: beta } });
  expect(await taken(follower)).toMatchObject({ added: [], removed: ["acme"] });
  await follower.logged("is not collected any more");
  const file = readFileSync(join(follower.workspace.stateDir, "acme/checkpoint"));
  expect(parseCheckpoint(file, "").runs.map(({ staged }) => staged)).toEqual([{}]);
  const requests = acme.requests("/siem/v1/batch/events/cg");
  acme.add({ receipt: 5 });
  beta.add({ receipt: 5 });
  await follower.complete([beta]);
  expect(acme.requests("/siem/v1/batch/events/cg")).toBe(requests);

  follower.configure({ acme: { fake: acme }, beta: { fake: beta } });
  await taken(follower);
  await follower.complete([acme, beta]);
  expectEachOnce(follower, [acme, beta]);
  expect(await follower.stop()).toBe(0);
});

it.concurrent("a secret in another file is taken without a signal, and what failed is asked at once", async () => {
  const fake = await fakeOf(3, { receipt: 30 });
  const accounts = { acme: { fake, sources: "siem" } };
  const hour = "poll: { start: 7d, interval_secs: 3600, settle_secs: 1 }\n";
  const follower = startFollower(closers, accounts, hour.replace("3600", "1"));
  await follower.complete([fake]);
  Object.assign(fake.credentials, { clientSecret: "another-secret-of-acme" });
  fake.expireTokens();
  fake.add({ receipt: 30 });
  await follower.logged("InvalidClientIdentifier");
  // From now on a feed that was refused waits for an hour.
  follower.configure(accounts, hour);
  await follower.logged(USED);
  const before = follower.logs().length;
  follower.secret("acme", "another-secret-of-acme");
  expect(await follower.logged(USED, before)).toMatchObject({ replaced: ["acme"] });
  await follower.complete([fake]);
  expectEachOnce(follower, [fake]);
  const log = JSON.stringify(follower.logs());
  expect(log).not.toContain("another-secret-of-acme");
  expect(await follower.stop()).toBe(0);
});

it.concurrent("a configuration that is wrong is told of, and the one before goes on until it is right", async () => {
  const fake = await fakeOf(4);
  const accounts = { acme: { fake } };
  const follower = startFollower(closers, accounts);
  const { workspace } = follower;
  const status = async () => {
    const { stdout, code } = await runProgram(["status", "--json"], workspace.env);
    return { code, account: JSON.parse(stdout).accounts[0] };
  };
  await follower.complete([fake]);
  const path = join(workspace.folder, "config.yaml");
  const right = readFileSync(path, "utf8");
  appendFileSync(path, "polls: 3\nstate: 4\n");
  const told = await follower.logged("stays in use");
  expect(told).toMatchObject({
    level: "error",
    code: "config",
    problems: [expect.anything(), expect.anything()],
  });
  fake.add(FEW);
  await follower.complete([fake]);
  await until(
    () => follower.healthLines().some((line) => line.includes("polls")),
    60_000,
    "health",
  );

  // What the program holds open needs a restart, and then nothing of the file is used.
  const before = follower.logs().length;
  const other = await fakeOf(5);
  follower.secret("beta", other.credentials.clientSecret);
  follower.configure(
    { ...accounts, beta: { fake: other } },
    `${QUICK}output: { max_events_per_second: 9 }\n`,
  );
  follower.hangUp();
  const restart = await follower.logged("needs_restart", before);
  expect(restart.msg).toContain('"output.max_events_per_second"');
  const broken = await status();
  expect(broken.account).toMatchObject({
    condition: "config",
    config_problem: `${restart.msg} (${restart.hint})`,
  });
  expect(broken.code).toBe(1);
  fake.add(FEW);
  await follower.complete([fake]);
  expect(other.handedOutCount()).toBe(0);

  // A secret that is not there yet: taken once it comes.
  follower.configure({ ...accounts, gamma: { fake: other } });
  follower.hangUp();
  await follower.logged("secret_file", before);
  const missing = follower.logs().length;
  follower.secret("gamma", other.credentials.clientSecret);
  expect(await follower.logged(USED, missing)).toMatchObject({ added: ["gamma"] });
  await follower.complete([other]);
  expectEachOnce(follower, [fake, other]);

  workspace.config(right);
  await taken(follower);
  expect((await status()).account).toMatchObject({ condition: "ok", config_problem: null });
  expect(await follower.stop()).toBe(0);
});

/** How often the configuration changes; MIMECAST_INPUT_TEST_RUNS=1 plays all. */
const ROUNDS = Number(process.env.MIMECAST_INPUT_TEST_RUNS ?? "0.1") >= 1 ? 50 : 6;

it.concurrent(`under load ${ROUNDS} new configurations lose no record and send none twice`, async () => {
  const names = ["acme", "beta", "gamma"];
  const records = { siem: 2_000, audit: 200 };
  const fakes = await Promise.all(names.map((_, index) => fakeOf(10 + index, records)));
  const all = Object.fromEntries(
    names.map((name, index): [string, FollowedAccount] => [name, { fake: fakes[index]! }]),
  );
  const follower = startFollower(closers, all);
  await until(() => follower.ids().length > 0, 60_000, "the first record");
  for (let round = 1; round <= ROUNDS; round++) {
    for (const fake of fakes) fake.add({ receipt: 60, delivery: 60, audit: 5 });
    // In turn: another setting of all, one account less, all again, another setting of one.
    const { beta: _, ...fewer } = all;
    const one = { ...all, gamma: { ...all.gamma!, more: `interval_secs: ${2 + (round % 3)}` } };
    const health = `poll: { start: 7d, interval_secs: 1, settle_secs: 1, health_interval_secs: ${3_000 + round} }\n`;
    if (round % 4 === 1) follower.configure(all, health);
    else follower.configure(round % 4 === 2 ? fewer : round % 4 === 3 ? all : one);
    await taken(follower);
    const came = follower.ids().length;
    // Half of the changes meet a page in progress, the others come when something was written since the last.
    if (round % 2 === 0) await until(() => follower.ids().length > came, 60_000, "a record");
  }
  follower.configure(all);
  follower.hangUp();
  await follower.complete(fakes);
  expectEachOnce(follower, fakes);
  expect(await follower.stop()).toBe(0);
});
