import { expect, test } from "vitest";
import { engineSettings } from "../../plugin/config/engine_settings.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";

const CONFIG = parseConfig(
  `
accounts:
  - name: acme
    api: "1.0"
    region: eu
    app_id: { env: A }
    app_key: { env: B }
    access_key: { env: C }
    secret_key: { env: D }
    account_label: Acme Ltd
output: { format: json, max_line_bytes: 8192, delimiter: tab, usr_name: sender }
mapping: { rename: { sender: from }, drop: [subject], severity: { receipt_rejected: 7 } }
filter: { drop: [audit_logon_success] }
`,
  {},
  { fileName: "c", mode: null },
);

test("engineSettings() says everything that the engine has to know", () => {
  const account = CONFIG.accounts[0]!;
  const settings = engineSettings(CONFIG, account);
  expect(settings).toEqual({
    format: "json",
    account: "Acme Ltd",
    hostname: "mimecast-acme",
    api: "1.0",
    maxLineBytes: 8192,
    delimiter: "tab",
    leefVersion: "2.0",
    usrName: "sender",
    mapping: {
      rename: { sender: "from" },
      drop: ["subject"],
      severity: { receipt_rejected: 7 },
    },
    dropped: ["audit_logon_success"],
  });
  expect(engineSettings(CONFIG, account, "leef").format).toBe("leef");
});
