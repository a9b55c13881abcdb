import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { osReason, osRemedy } from "../../plugin/disk/os_error.ts";
import { stateError, stdoutError } from "../../plugin/disk/state_error.ts";

const failed = (code: string) => Object.assign(new Error(`${code}: bad, open 'x'`), { code });

describe("osReason()", () => {
  it.each([
    "EACCES",
    "EDQUOT",
    "EEXIST",
    "EISDIR",
    "ELOOP",
    "ENOENT",
    "ENOSPC",
    "ENOTDIR",
    "EROFS",
  ])("says %s in words, with a remedy", (code) => {
    for (const use of ["read", "write", "create"] as const) {
      expect(osReason(failed(code), use)).not.toMatch(/E[A-Z]{3}/);
      expect(osRemedy(failed(code), use)).not.toMatch(/E[A-Z]{3}/);
    }
    expect(stateError("write", "/s", failed(code)).message).not.toMatch(/E[A-Z]{3}/);
    expect(stateError("write", "/s", failed(code)).hint).toBeDefined();
  });

  it("has a clause for every error of the system, and Node's own words for other failures", () => {
    for (const code of Object.keys(constants.errno)) {
      expect(osReason(failed(code))).toMatch(/^[a-z][A-Za-z /-]+/);
      expect(osReason(failed(code))).not.toContain("bad, open");
    }
    expect(osReason(Object.assign(new Error("unable to open"), { code: "ERR_SQLITE" }))).toBe(
      "unable to open",
    );
    expect(osReason("odd")).toBe("odd");
  });

  it("tells a missing file from a missing folder", () => {
    expect(osReason(failed("ENOENT"), "read")).toBe("it does not exist");
    expect(osReason(failed("ENOENT"), "create")).toBe("its folder does not exist");
    expect(stateError("create lock", "/s/lock", failed("ENOENT")).message).toBe(
      'Cannot create lock "/s/lock": its folder does not exist',
    );
  });

  it("speaks of standard output, not of the state directory, where that is full", () => {
    const { message, code, hint } = stdoutError("write to", failed("ENOSPC"));
    expect({ message, code }).toEqual({
      message: "Cannot write to standard output: the disk is full",
      code: "state_enospc",
    });
    expect(hint).not.toMatch(/state_dir|checkpoint/);
  });
});
