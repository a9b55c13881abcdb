/** The two generations of the Mimecast API. */
export type Api = "1.0" | "2.0";

interface Region {
  readonly baseUrl: string;
  /** The region's name in the Mimecast Administration Console and documentation. */
  readonly title: string;
}

/**
 * API hosts by generation and region. API 1.0: Mimecast's "Global base URLs"; the offshore host is the one of
 * Mimecast's own guide for IBM QRadar; the US government host is read from other collectors. API 2.0: Mimecast
 * knowledge base 41019270938643 (`global` fails over between instances, `uk` and `us` do not).
 */
export const REGIONS: Readonly<Record<Api, Readonly<Record<string, Region>>>> = {
  "1.0": {
    eu: { baseUrl: "https://eu-api.mimecast.com", title: "Europe (without Germany)" },
    de: { baseUrl: "https://de-api.mimecast.com", title: "Germany" },
    us: { baseUrl: "https://us-api.mimecast.com", title: "USA" },
    usb: { baseUrl: "https://usb-api.mimecast.com", title: "USA (USB)" },
    uspcom: { baseUrl: "https://uspcom-api.mimecast-pscom-us.com", title: "US government" },
    ca: { baseUrl: "https://ca-api.mimecast.com", title: "Canada" },
    za: { baseUrl: "https://za-api.mimecast.com", title: "South Africa" },
    au: { baseUrl: "https://au-api.mimecast.com", title: "Australia" },
    jer: { baseUrl: "https://jer-api.mimecast.com", title: "Offshore (Jersey)" },
    sandbox: { baseUrl: "https://sandbox-api.mimecast.com", title: "Sandbox" },
  },
  "2.0": {
    global: { baseUrl: "https://api.services.mimecast.com", title: "Global, with failover" },
    uk: { baseUrl: "https://uk-api.services.mimecast.com", title: "United Kingdom, no failover" },
    us: { baseUrl: "https://us-api.services.mimecast.com", title: "USA, no failover" },
  },
};

/** Names of the regions of a generation, in the order of the table. */
export function regionNames(api: Api): string[] {
  return Object.keys(REGIONS[api]);
}

/** The API host of a region, `https://…` without a path; undefined where the generation has no such region. */
export function baseUrl(api: Api, region: string): string | undefined {
  return Object.hasOwn(REGIONS[api], region) ? REGIONS[api][region]?.baseUrl : undefined;
}

/** The remedy for a region that the generation does not have; undefined if no better one is known. */
export function regionHint(api: Api, region: string): string | undefined {
  if (api === "1.0" && region === "je") {
    return 'the offshore region is "jer"; for https://je-api.mimecast.com set base_url';
  }
  if (api === "1.0" && region === "uk") {
    return 'API 1.0 serves the United Kingdom from "eu"';
  }
  if (api === "2.0" && (region === "je" || Object.hasOwn(REGIONS["1.0"], region))) {
    return `"${region}" is a region of API 1.0; with API 2.0 use "global"`;
  }
  if (api === "1.0" && Object.hasOwn(REGIONS["2.0"], region)) {
    return `"${region}" is a region of API 2.0; set api: "2.0" or the region of the API 1.0 host`;
  }
  return undefined;
}
