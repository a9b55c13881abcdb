import { describe, expect, it } from "vitest";
import { pageWith } from "../../scripts/mutants/report.ts";

const PAGE = `# Head

| state | | | | | |
| sources | | | | | |

## state

### It saves time only

- \`plugin/state/lock.ts\` \`if (full) return;\` → \`;\`
- \`plugin/state/lock.ts\` \`gone by now\` → \`\`

## sources

### Ours

- a line
`;
const SOURCE = `const a = 1;
  if (full) return;
const tail = \`a
  b\`;
`;

function survivor(replacement: string, [line, column]: number[], [endLine, endColumn]: number[]) {
  const start = { line: line!, column: column! };
  const end = { line: endLine!, column: endColumn! };
  return {
    status: "Survived",
    fileName: "/anywhere/plugin/state/lock.ts",
    mutatorName: "Any",
    replacement,
    location: { start, end },
  };
}

describe("pageWith()", () => {
  const known = survivor(";", [2, 3], [2, 20]);
  const fresh = survivor("``", [3, 14], [4, 5]);
  const page = pageWith(PAGE, "state", [known, fresh], () => SOURCE);

  it("keeps a survivor under its reason, asks for that of a new one, forgets one that is killed", () => {
    expect(page.slice(page.indexOf("## state"), page.indexOf("## sources"))).toBe(`## state

### It saves time only

- \`plugin/state/lock.ts\` \`if (full) return;\` → \`;\`

### Not yet explained

- \`plugin/state/lock.ts\` \`\` \`a b\` \`\` → \`\` \`\` \`\`

`);
  });

  it("writes the room's row and leaves the other rooms alone", () => {
    expect(page).toContain("| state | 2 | 0 | 2 | 0 | 0.0 % |\n| sources | | | | | |\n");
    expect(page.slice(page.indexOf("## sources"))).toBe(PAGE.slice(PAGE.indexOf("## sources")));
  });

  it("gives the same page for the same mutants, and a short section for none", () => {
    expect(pageWith(page, "state", [fresh, known], () => SOURCE)).toBe(page);
    expect(pageWith(page, "state", [], () => SOURCE)).toContain("## state\n\n## sources");
  });
});
