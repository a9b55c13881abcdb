import type { Reach, ReachTarget, Step } from "../../client/probe/reach.ts";
import { EXIT } from "../../errors.ts";
import type { CheckResult, Reporter } from "./result.ts";

/** DNS, TCP, proxy and TLS of an account's API host, as results. */
export function networkResults(
  report: Reporter,
  target: Pick<ReachTarget, "url" | "proxy">,
  reached: Reach,
): CheckResult[] {
  const { url, proxy } = target;
  const via = proxy === null ? url.host : `${proxy.host} (proxy)`;
  return [
    proxy === null
      ? report.ok("proxy", "none is used")
      : report.note("proxy", `${proxy.protocol}//${proxy.host} is used for ${url.host}`),
    stepResult(report, "dns", reached.dns, (addresses) => `${via}: ${addresses.join(", ")}`),
    stepResult(report, "tcp", reached.tcp, (address) => address),
    ...(proxy === null
      ? []
      : [stepResult(report, "connect", reached.proxy, (host) => `${host} opens ${url.host}`)]),
    ...(url.protocol === "https:" ? [tlsResult(report, reached.tls)] : []),
  ];
}

function stepResult<T>(
  report: Reporter,
  check: string,
  step: Step<T> | null,
  say: (value: T) => string,
): CheckResult {
  if (step === null) return report.skipped(check, "not tried");
  if ("error" in step) return report.error(check, step.error);
  return report.ok(check, `${say(step.value)} (${step.ms} ms)`);
}

/** The issuer is always named: one that is the company's own is a proxy that reads along. */
function tlsResult(report: Reporter, step: Reach["tls"]): CheckResult {
  if (step === null || "error" in step) return stepResult(report, "tls", step, () => "");
  const { protocol, subject, issuer, validTo, refused } = step.value;
  const text = `${protocol}, certificate of "${subject}" issued by "${issuer}", valid to ${validTo}`;
  if (refused === null) return report.ok("tls", `${text} (${step.ms} ms)`);
  return report.fail(
    "tls",
    `${text}: it is not trusted (${refused})`,
    `If "${issuer}" is your own proxy that inspects TLS, give its certificate as network.ca_file; if not, somebody is on the way`,
    EXIT.temporary,
  );
}
