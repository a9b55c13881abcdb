import { expect, test } from "vitest";
import { hostnameOf, hostnameProblem } from "../../plugin/config/hostname.ts";

test("hostnameOf() replaces every {account}", () => {
  expect(hostnameOf("mimecast-{account}", "acme")).toBe("mimecast-acme");
  expect(hostnameOf("{account}.{account}", "$&")).toBe("$&.$&");
  expect(hostnameOf("fixed", "acme")).toBe("fixed");
});

test("hostnameProblem() accepts what may stand in a syslog header", () => {
  for (const host of ["mimecast-acme", "192.0.2.1", "a", "mc_1.example.com", "a".repeat(255)]) {
    expect(hostnameProblem(host)).toBeUndefined();
  }
});

test.each([
  "",
  "a b",
  " a",
  "a\n",
  "2001:db8::1",
  "host:514",
  "-a",
  ".a",
  "ä",
  "a|b",
  "a^b",
  "{account}",
  "a".repeat(256),
])("hostnameProblem() refuses %j", (host) => {
  expect(hostnameProblem(host)).toBeDefined();
});
