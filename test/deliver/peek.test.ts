import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { peekDelivery } from "../../plugin/deliver/peek.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

function peeking(most: number) {
  const effects = createFakeEffects();
  const ends: string[] = [];
  const delivery = peekDelivery(stdoutDelivery(effects, "once"), most, () => {
    ends.push(effects.output());
  });
  return { effects, delivery, ends };
}

describe("peekDelivery()", () => {
  it("shows the first lines, whole, and says once that it is enough: with the last of them", async () => {
    const lines = fc.array(fc.constantFrom("a\n", "bc\n", "\n"), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(lines, { maxLength: 4 }),
        async (most, blocks) => {
          const { effects, delivery, ends } = peeking(most);
          for (const block of blocks) await delivery.write(Buffer.from(block.join("")));
          const shown = blocks.flat().slice(0, most).join("");
          expect(effects.output()).toBe(shown);
          expect(ends).toEqual(blocks.flat().length >= most ? [shown] : []);
          expect(delivery.accepted()).toBe(shown.length);
        },
      ),
    );
  });

  it("takes an unfinished last line for one", async () => {
    const { effects, delivery, ends } = peeking(2);
    await delivery.write(Buffer.from("a\nb"));
    expect(effects.output()).toBe("a\nb");
    expect(ends).toHaveLength(1);
  });

  it("writes nothing where nothing is left to show, and nothing of the program's own", async () => {
    const { effects, delivery } = peeking(1);
    await delivery.write(Buffer.from("a\n"));
    await delivery.write(Buffer.from("b\n"));
    expect(effects.writes).toHaveLength(1);
    expect(delivery).toMatchObject({ silent: true, safety: "next_start" });
  });
});
