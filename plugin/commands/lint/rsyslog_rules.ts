import { addressFindings } from "./address.ts";
import type { Expected } from "./expected.ts";
import type { Effect, Finding } from "./finding.ts";
import { followsFile, renamedFindings } from "./followed_file.ts";
import type { RsyslogObject } from "./rsyslog_text.ts";
import { sizeBytes, truth } from "./size.ts";

/** `maxMessageSize` where it is not set (rsyslog 8.2302). */
const DEFAULT_MESSAGE_SIZE = 8192;

/** Everything in a configuration of rsyslog that costs Mimecast events: it can only follow the file of `output.file`. */
export function lintRsyslog(objects: readonly RsyslogObject[], expected: Expected): Finding[] {
  const ours = objects.filter(
    (each) => each.kind === "input" && followsFile(textOf(each, "file"), expected),
  );
  const [input] = ours;
  if (input === undefined) {
    const reason = `no imfile input follows "${expected.path}", the file of output.file`;
    const remedy = "take config-examples/rsyslog/rsyslog.conf";
    return [{ rule: "input", line: 1, effect: "stalls", missing: true, reason, remedy }];
  }
  const name = textOf(input, "ruleset");
  const rulesets = objects.filter(
    (each) => each.kind === "ruleset" && textOf(each, "name") === name,
  );
  const actions = objects.filter(
    (each) => each.kind === "action" && each.ruleset === name && textOf(each, "type") === "omfwd",
  );
  return [
    ...sizeFindings(objects, expected),
    ...inputFindings(input, expected),
    ...(rulesets.length === 0 ? [noRuleset(input)] : rulesets.flatMap(queueFindings)),
    ...actions.flatMap((action) => [...queueFindings(action), ...actionFindings(objects, action)]),
  ];
}

function sizeFindings(objects: readonly RsyslogObject[], expected: Expected): Finding[] {
  const global = objects.find(
    (each) => each.kind === "global" && each.parameters.has("maxmessagesize"),
  );
  const size = global === undefined ? null : textOf(global, "maxmessagesize");
  const bytes = size === null ? DEFAULT_MESSAGE_SIZE : sizeBytes(size);
  if (bytes === null || bytes > expected.longestLineBytes) return [];
  const reason = `maxMessageSize is ${bytes}${size === null ? " by default" : ""}: longer lines are cut (ours have up to ${expected.longestLineBytes})`;
  const line = global?.parameters.get("maxmessagesize")?.line ?? 1;
  return [
    { rule: "maxMessageSize", line, effect: "damages", reason, remedy: 'maxMessageSize="64k"' },
  ];
}

function inputFindings(input: RsyslogObject, expected: Expected): Finding[] {
  const found = renamedFindings(textOf(input, "file"), lineOf(input, "file"), expected);
  if (truth(textOf(input, "freshstarttail")) === true) {
    const reason =
      "freshStartTail is on: what is in a file when rsyslog first sees it is never read";
    found.push(finding(input, "freshStartTail", "loses", reason, 'freshStartTail="off"'));
  }
  if (Number(textOf(input, "persiststateinterval")) > 0) {
    const reason =
      "persistStateInterval saves a position whose lines are not sent yet: a kill of rsyslog loses them";
    const remedy = 'persistStateAfterSubmission="on" instead';
    found.push(finding(input, "persistStateInterval", "loses", reason, remedy));
  }
  return found;
}

/** Without a ruleset of its own an input feeds the main queue, which is in memory. */
function noRuleset(input: RsyslogObject): Finding {
  const reason =
    "the input has no ruleset of its own: lines count as read while they wait in the main queue, and a kill of rsyslog loses them";
  const remedy =
    'ruleset="mimecast", and ruleset(name="mimecast" queue.type="Direct") around the action';
  return finding(input, "ruleset", "loses", reason, remedy);
}

/** A queue of rulesets is `Direct` only where it is said; one of actions is it by default. */
function queueFindings(object: RsyslogObject): Finding[] {
  const type = textOf(object, "queue.type");
  const isDirect = /^direct$/i.test(type) || (type === "" && object.kind === "action");
  if (isDirect) return [];
  const reason = `queue.type is ${type === "" ? "not set" : `"${type}"`}: lines count as read while they wait in memory, and a kill of rsyslog loses them`;
  return [
    finding(object, "queue.type", "loses", reason, 'queue.type="Direct": the file is the queue'),
  ];
}

function actionFindings(objects: readonly RsyslogObject[], action: RsyslogObject): Finding[] {
  const found = addressFindings(
    textOf(action, "target"),
    action.parameters.get("port")?.value ?? "514",
    lineOf(action, "target"),
    "target and port of QRadar",
  );
  if (textOf(action, "action.resumeretrycount") !== "-1") {
    const reason = "action.resumeRetryCount is not -1: what can't be delivered is dropped";
    found.push(
      finding(action, "action.resumeRetryCount", "loses", reason, 'action.resumeRetryCount="-1"'),
    );
  }
  if (!/^tcp$/i.test(textOf(action, "protocol"))) {
    const reason =
      "protocol is udp, the default: datagrams are lost without a trace, and cut at QRadar's UDP limit";
    found.push(finding(action, "protocol", "loses", reason, 'protocol="tcp"'));
  }
  const template = objects.find(
    (each) => each.kind === "template" && textOf(each, "name") === textOf(action, "template"),
  );
  if (template === undefined || textOf(template, "string").replace(/\\n$/, "") !== "%msg%") {
    const reason =
      "the template is not our line alone: rsyslog puts a header of its own in front of it";
    const remedy = 'template(name="mimecast" type="string" string="%msg%\\n")';
    found.push(finding(action, "template", "damages", reason, remedy));
  }
  return found;
}

function finding(
  object: RsyslogObject,
  rule: string,
  effect: Effect,
  reason: string,
  remedy: string,
): Finding {
  return { rule, line: lineOf(object, rule), effect, reason, remedy };
}

function textOf(object: RsyslogObject, name: string): string {
  return object.parameters.get(name.toLowerCase())?.value ?? "";
}

function lineOf(object: RsyslogObject, name: string): number {
  return object.parameters.get(name.toLowerCase())?.line ?? object.line;
}
