import { join } from "node:path";
import { type CuttingProxy, startCuttingProxy } from "../../test/support/cutting_proxy.ts";
import { configFor } from "../../test/support/fake_config.ts";
import type { Fake } from "../../test/support/fake_mimecast/fake.ts";
import { createWorkspace, type Workspace } from "../../test/support/program.ts";
import type { Qradar } from "../../test/support/qradar_receiver.ts";
import { type Shipper, startShipper } from "../../test/support/shippers.ts";
import { pluginProcesses, signal } from "./processes.ts";

/** Lease of a worker, s. */
export const LEASE_SECS = 9;

/** A machine of the fleet: a state directory, a syslog-ng that runs the program, and a way to etcd that can be cut. */
export interface Machine {
  readonly name: string;
  readonly workspace: Workspace;
  /** The program's processes now. */
  plugins(): number[];
  cut(what: Parameters<CuttingProxy["cut"]>[0]): void;
  start(): Promise<void>;
  /** As a service manager does. */
  stop(): Promise<void>;
  killShipper(): Promise<void>;
  said(): string;
  remove(): Promise<void>;
}

/** What all machines share. */
export interface FleetSetting {
  readonly prefix: string;
  readonly accounts: Readonly<Record<string, { readonly fake: Fake; readonly api: "2.0" }>>;
  readonly etcdPorts: readonly number[];
  readonly qradar: Qradar;
  /** A shipper of this machine has started, with this pid. */
  started(name: string, pid: number): void;
}

/** The configuration of all accounts without a fleet, and what all have of polling. */
export function plainConfig(
  stateDir: string,
  accounts: FleetSetting["accounts"],
  more = "",
): string {
  return configFor(
    stateDir,
    accounts,
    `poll: { start: 7d, interval_secs: 2, settle_secs: 2, max_concurrency: 16 }\n${more}`,
  );
}

/** Makes a machine; nothing runs yet. */
export async function createMachine(name: string, setting: FleetSetting): Promise<Machine> {
  const workspace = createWorkspace();
  const proxies = await Promise.all(setting.etcdPorts.map((port) => startCuttingProxy(port)));
  const endpoints = proxies.map(({ port }) => `"http://127.0.0.1:${port}"`).join(", ");
  const state = `state: { store: etcd, endpoints: [${endpoints}], prefix: ${setting.prefix}, worker: ${name}, lease_secs: ${LEASE_SECS} }\nshipper: syslog-ng\n`;
  const configPath = workspace.config(
    plainConfig(join(workspace.folder, "state"), setting.accounts, state),
  );
  let shipper: Shipper | null = null;
  const plugins = () => pluginProcesses(configPath);
  return {
    name,
    workspace,
    plugins,
    cut(what) {
      for (const proxy of proxies) proxy.cut(what);
    },
    async start() {
      shipper = await startShipper("syslog-ng", workspace, setting.qradar.port);
      setting.started(name, shipper.pid);
    },
    async stop() {
      await shipper?.stop();
    },
    async killShipper() {
      await shipper?.kill();
    },
    said: () => shipper?.said() ?? "",
    async remove() {
      await shipper?.kill();
      for (const pid of plugins()) signal(pid, "SIGKILL");
      for (const proxy of proxies) await proxy.close();
      workspace.remove();
    },
  };
}
