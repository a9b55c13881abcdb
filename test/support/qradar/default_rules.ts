import type { Rule, RuleTest } from "./rules.ts";

/**
 * The default building blocks and rules that Mimecast's logons and malware could set off, as QRadar 7.3.1 brings them:
 * they go by category, count by address or username, and in time of arrival. default_rules.test.ts compares them with a real
 * export, which has all the others too.
 */
export const DEFAULT_RULES: readonly Rule[] = [
  block("SYSTEM-1220", "Authentication Success", [
    categories(
      "3014, 3011, 3053, 3019, 3046, 3002, 3017, 3008, 3004, 3034, 3007, 3044, 3051, 3021, 3027, 3048, 3066, 3012, 3075, 3078, 3088, 3097, 3093, 3115",
    ),
  ]),
  block("SYSTEM-1201", "Authentication Failures", [
    categories(
      "3015, 3010, 3020, 3047, 3003, 3018, 3009, 3005, 3033, 3006, 3045, 3052, 3022, 3049, 3067, 3013, 3076, 3077, 3087, 3094, 3116, 3098",
    ),
  ]),
  block("SYSTEM-1204", "Exploits Backdoors and Trojans", [
    categories(
      "5000, 6002, 6008, 13000, 6003, 6005, 6014, 6004, 6007, 6006, 7031, 7029, 7027, 7025, 7038, 7039, 7040, 7030, 7042, 7028, 7041, 7026, 7057, 7010",
    ),
    test("DeviceTypeID_Test", ["18"], true),
  ]),
  failures("SYSTEM-1543", "for Single Username", "userName", " "),
  failures("SYSTEM-1407", "from the Same Source", "sourceIP", "userName"),
  failures("SYSTEM-1467", "to the Same Destination", "destinationIP", "sourceIP, userName"),
  success("SYSTEM-1365", "from the same Source IP", "SYSTEM-1407", "sourceIP"),
  success("SYSTEM-1510", "to the same Destination IP", "SYSTEM-1467", "destinationIP"),
  success("SYSTEM-1544", "to the same Username", "SYSTEM-1543", "userName"),
  rule("SYSTEM-1408", "Multiple Exploit Types Against Single Destination", [
    test("RuleMatch_Test", ["any", "SYSTEM-1355"], true),
    test("ThresholdFunction_Test", [
      "SYSTEM-1204",
      "DestinationIP",
      "10",
      "gt",
      "6",
      "Qid",
      "5",
      "m",
    ]),
  ]),
];

function failures(uuid: string, of: string, same: string, different: string): Rule {
  return rule(uuid, `Multiple Login Failures ${of}`, [
    test("RuleMatch_Test", ["any", "SYSTEM-1201"]),
    test("MatchCount", [" ", "10", same, different, "5", "m"]),
  ]);
}

function success(uuid: string, of: string, first: string, same: string): Rule {
  return rule(uuid, `Login Failures Followed By Success ${of}`, [
    test("TriggerMatchCount", ["SYSTEM-1220", "1", " ", " ", "5", "m", first, same]),
  ]);
}

function rule(uuid: string, name: string, tests: readonly RuleTest[]): Rule {
  return { uuid, name, buildingBlock: false, enabled: true, tests, offense: true };
}

function block(uuid: string, name: string, tests: readonly RuleTest[]): Rule {
  const title = `BB:CategoryDefinition: ${name}`;
  return { uuid, name: title, buildingBlock: true, enabled: true, tests, offense: false };
}

function categories(list: string): RuleTest {
  return test("EventCategory_Test", [list]);
}

function test(kind: string, choices: readonly string[], negate = false): RuleTest {
  return { kind, negate, choices, text: "" };
}
