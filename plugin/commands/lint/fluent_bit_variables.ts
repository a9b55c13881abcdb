import type { Finding } from "./finding.ts";
import type { Section } from "./fluent_bit_config.ts";

/** Properties whose value decides whether anything arrives. */
const KEYS = ["command", "storage.path", "host", "port", "listen"];

/** Variables that are set neither in the file nor here. The shipper's unit may set them: lint can't tell. */
export function variableFindings(sections: readonly Section[]): Finding[] {
  return sections.flatMap((section) =>
    KEYS.flatMap((key): Finding[] => {
      const setting = section.get(key);
      const name = /\$\{([A-Za-z_]\w*)\}/.exec(setting?.value ?? "")?.[1];
      if (setting === undefined || name === undefined) return [];
      return [
        {
          rule: "variable",
          line: setting.line,
          effect: "note",
          reason: `${key} is "\${${name}}", which is set neither in the file nor in this environment: Fluent Bit takes it for empty unless its unit sets it`,
          remedy: `write the value, or set ${name} in the environment of Fluent Bit`,
        },
      ];
    }),
  );
}
