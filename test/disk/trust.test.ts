import { describe, expect, it } from "vitest";
import { distrust } from "../../plugin/disk/trust.ts";

const SELF = { uid: 1000, groups: [1000, 65532] };

describe("distrust()", () => {
  it.each([
    ["ours alone", 1000, 1000, 0o700],
    ["ours, readable", 1000, 1000, 0o755],
    ["ours, under a umask of 002", 1000, 1000, 0o775],
    ["the root of a volume", 0, 0, 0o755],
    ["a volume with fsGroup", 0, 65532, 0o2775],
    ["ours, after fsGroup was applied", 1000, 65532, 0o2770],
    ["like /tmp", 0, 0, 0o1777],
  ])("trusts a folder: %s", (_what, uid, gid, mode) => {
    expect(distrust({ uid, gid, mode }, SELF, true)).toBeNull();
  });

  it.each([
    ["of another user", 2002, 1000, 0o700, "belongs to user 2002"],
    ["of another user, like /tmp", 2002, 1000, 0o1777, "belongs to user 2002"],
    ["open to all", 1000, 1000, 0o777, "can be written by every user"],
    ["an emptyDir without fsGroup", 0, 0, 0o777, "can be written by every user"],
    ["open to another group", 1000, 50, 0o770, "can be written by group 50"],
    ["of root, open to another group", 0, 50, 0o775, "can be written by group 50"],
  ])("does not trust a folder: %s", (_what, uid, gid, mode, why) => {
    expect(distrust({ uid, gid, mode }, SELF, true)).toContain(why);
  });

  it("knows no sticky files", () => {
    expect(distrust({ uid: 1000, gid: 1000, mode: 0o1666 }, SELF, false)).toContain("every user");
  });
});
