/** The shippers that the configuration can name. */
export const SHIPPERS = ["fluent-bit", "vector", "syslog-ng", "rsyslog", "otelcol"] as const;

/** One of them. */
export type ShipperName = (typeof SHIPPERS)[number];

/** Bytes that a shipper may hold in memory behind the pipe, where that is more than the default of `poll.lag_bytes`. */
const LAG_BYTES: Readonly<Partial<Record<ShipperName, number>>> = {
  // Its exec source has a channel of 1,024 batches (src/sources/exec/mod.rs): docs/delivery.md.
  vector: 8_388_608,
};

/** What `poll.lag_bytes` must be at least for a shipper; undefined: the default is right. */
export function neededLagBytes(shipper: ShipperName | undefined): number | undefined {
  return shipper === undefined ? undefined : LAG_BYTES[shipper];
}
