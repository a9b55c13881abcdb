import { sourcesFor } from "../../plugin/sources/registry.ts";
import { siemStreamV2 } from "../../plugin/sources/siem/siem_stream.ts";
import { testSource } from "../support/source_contract.ts";

for (const api of ["1.0", "2.0"] as const) {
  for (const source of sourcesFor(api)) {
    // The fake has the same indicators in both feeds.
    const oneFeed = { ...source, streams: source.streams.slice(0, 1) };
    if (source.name === "threat_intel") testSource(oneFeed, "feed");
    else if (source.name === "cloud_integrated") testSource(source, "batch");
    else if (source.name === "siem") testSource(source, api === "1.0" ? "archive" : "batch");
    else testSource(source, "window");
  }
}

testSource(siemStreamV2, "stream");
