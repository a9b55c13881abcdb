/** A property that every console has, from IBM's dictionary of custom properties. */
export interface SharedProperty {
  /** The same on every console. */
  readonly id: string;
  readonly name: string;
  readonly forceparse: boolean;
  readonly description: string;
}

/** Ids, names and texts: a console's export of all its properties. An attribute that one of them means fills it. */
const SHARED: Readonly<Record<string, SharedProperty>> = {
  application: {
    id: "DEFAULT_APPLICATION_NAME",
    name: "Application name",
    forceparse: true,
    description: "",
  },
  dstHost: {
    id: "DEFAULT_DESTINATION_HOSTNAME",
    name: "Destination Host Name",
    forceparse: true,
    description:
      "Host name of the computer (running the Parity Server) receiving the Parity event.",
  },
  fileName: {
    id: "DEFAULT_FILENAME",
    name: "Filename",
    forceparse: true,
    description: "Filename of the file generating the Parity event.",
  },
  policy: {
    id: "DEFAULTCUSTOMEVENT6",
    name: "Policy",
    forceparse: false,
    description: "Default custom extraction of policy from DSM payload.",
  },
  sha256: {
    id: "DEFAULT_FILE_HASH",
    name: "File Hash",
    forceparse: true,
    description: "File hash of the file generating the Parity event.",
  },
  url: {
    id: "DEFAULTCUSTOMEVENT10",
    name: "URL",
    forceparse: true,
    description: "Default custom extraction of URL from DSM payload.",
  },
  virusFound: {
    id: "DEFAULTCUSTOMEVENT9",
    name: "VirusName",
    forceparse: true,
    description: "Default custom extraction of VirusName from DSM payload.",
  },
};

/** The property of every console that an attribute fills; null where none means the same. */
export function sharedProperty(key: string): SharedProperty | null {
  return SHARED[key] ?? null;
}
