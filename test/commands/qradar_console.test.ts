import { describe, expect, it } from "vitest";
import { type Row, search } from "../../plugin/commands/ariel.ts";
import { allItems, openConsole } from "../../plugin/commands/qradar_console.ts";
import { hasIdentifier } from "../../plugin/commands/qradar_log_source.ts";
import type { HttpRequest } from "../../plugin/effects.ts";

const TOKEN = "token-of-mine";
const effects = { sleep: async () => {}, now: () => 0, log: () => {} };
const { signal } = new AbortController();

/** A console whose answers are these texts, once it is opened. */
async function consoleOf(answer: (request: HttpRequest) => string, status = 200) {
  const fetch = async (request: HttpRequest) => {
    const isOpening = request.url.endsWith("/help/versions");
    const text = isOpening ? '[{"version":"20.0"}]' : answer(request);
    const body = (async function* () {
      yield Buffer.from(text);
    })();
    return { status: isOpening ? 200 : status, headers: {}, body };
  };
  return openConsole({ origin: "https://console", token: TOKEN, fetch }, effects, signal);
}

const NO_ANSWERS = ["", "null", "3", '"x"', "<html>", "[null]", "[[]]", "[3]"];

describe("openConsole()", () => {
  it.each([...NO_ANSWERS, "{}"])("is no console: %j", async (text) => {
    const body = (async function* () {
      yield Buffer.from(text);
    })();
    const fetch = async () => ({ status: 200, headers: {}, body });
    const opened = openConsole({ origin: "https://c", token: TOKEN, fetch }, effects, signal);
    await expect(opened).rejects.toMatchObject({ code: "not_qradar" });
  });

  it.each(NO_ANSWERS)("a question is not answered with %j", async (text) => {
    const console = await consoleOf(() => text);
    const asked = console.call({ method: "GET", path: "/a" });
    await expect(asked).rejects.toMatchObject({ code: "not_qradar" });
    const made = console.call({ method: "POST", path: "/a", needs: ["id"] });
    await expect(made).rejects.toMatchObject({ code: "not_qradar" });
  });

  it("asks for what an answer needs", async () => {
    const console = await consoleOf(() => '{"id":null}');
    const made = console.call({ method: "POST", path: "/a", needs: ["id"] });
    await expect(made).rejects.toThrow('no "id"');
  });

  it("shows no token that comes back in an error, and follows no redirect", async () => {
    const said = JSON.stringify({ message: `for ${TOKEN}\u001b[31m` });
    for (const status of [302, 422]) {
      const console = await consoleOf(() => said, status);
      const error = await console.call({ method: "GET", path: "/a" }).catch((reason) => reason);
      expect(error.message).toContain(`answered ${status}: "for `);
      expect(error.message).not.toContain(TOKEN);
      expect(error.message).not.toContain("\u001b");
      if (status === 302) expect(error.hint).toContain("the console itself");
    }
  });
});

describe("allItems()", () => {
  const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));

  it.each([500, 501, 200_000])(
    "takes a list of %i that comes whole, whatever is asked",
    async (count) => {
      let calls = 0;
      const console = await consoleOf(() => {
        calls++;
        return JSON.stringify(rows(count));
      });
      expect(await allItems(console, "/a", { fields: "id,name" })).toEqual(rows(count));
      expect(calls).toBeLessThan(3);
    },
  );

  it.each(["{}", "[{}]", '[{"name":"a"}]', '[{"id":null}]'])("refuses %j", async (text) => {
    const console = await consoleOf(() => text);
    const asked = allItems(console, "/a", { fields: "id,name" });
    await expect(asked).rejects.toMatchObject({ code: "not_qradar" });
  });
});

describe("search()", () => {
  async function rowsOf(state: object, results: unknown): Promise<Row[]> {
    const console = await consoleOf(({ method, url }) => {
      if (method === "DELETE") return "{}";
      if (url.endsWith("/results")) return JSON.stringify(results);
      return JSON.stringify({ search_id: "s", status: "COMPLETED", ...state });
    });
    const found: Row[] = [];
    for await (const rows of search(console, "SELECT", effects, signal, 1)) found.push(...rows);
    return found;
  }

  it("gives the rows", async () => {
    expect(await rowsOf({ record_count: 1 }, { events: [{ uid: "a" }] })).toEqual([{ uid: "a" }]);
  });

  // What QRadar is not known to lack must not be sent again.
  it.each([{}, { record_count: null }, { record_count: "many" }, { record_count: -1 }])(
    "finds nothing only where the console says so, not where it says %j",
    async (state) => {
      const found = rowsOf(state, { events: [] });
      await expect(found).rejects.toMatchObject({ code: "qradar_search" });
    },
  );

  it.each([{}, { events: null }, { events: [null] }, { events: {} }])(
    "refuses %j",
    async (results) => {
      const found = rowsOf({ record_count: 1, error_messages: 3 }, results);
      await expect(found).rejects.toMatchObject({ code: "qradar_search" });
    },
  );
});

describe("hasIdentifier()", () => {
  it.each([
    null,
    3,
    "x",
    [null],
    [{}],
    [{ name: "identifier" }],
    [{ name: "identifier", value: 3 }],
  ])("a log source with the parameters %j has none", (parameters) => {
    expect(hasIdentifier({ protocol_parameters: parameters as never }, "acme")).toBe(false);
  });
});
