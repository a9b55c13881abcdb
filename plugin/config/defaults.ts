/** Every default of the configuration, in its own words and units. */
export const DEFAULTS = {
  state_dir: "/var/lib/mimecast-input",
  account: {
    enabled: true,
    /** Mimecast's pre-signed links lead to Amazon S3. */
    download_hosts: ["*.amazonaws.com"],
  },
  poll: {
    interval_secs: 900,
    start: "7d",
    max_run_secs: 840,
    settle_secs: 30,
    /**
     * A pipe holds 65,536 bytes (pipe(7)). Apart from these a shipper has read lines that it has not kept yet: syslog-ng
     * 3.38 up to 38,464 bytes, measured by kills (docs/delivery.md).
     */
    lag_bytes: 1_048_576,
    quarantine_after: 3,
    overlap_secs: 600,
    max_concurrency: 4,
    /** Limits of Mimecast API 2.0 for the SIEM endpoints (reference: batch, streaming). */
    rate_limits: {
      batch: "50/15m",
      stream: "300/1h",
    },
    /** QRadar shows a log source as failed after 720 minutes without an event. */
    health_interval_secs: 3600,
  },
  output: {
    format: "leef",
    /** QRadar's default for the length of a TCP syslog payload. */
    max_line_bytes: 4096,
    hostname: "mimecast-{account}",
    delimiter: "^",
    leef_version: "2.0",
    usr_name: "internal",
    file: {
      rotate_bytes: 67_108_864,
      max_total_bytes: 1_073_741_824,
      /** For a reader in the file's group. */
      mode: "0640",
    },
    otlp: { encoding: "protobuf", syslog_attributes: false },
    http: {
      gzip: true,
      insecure: false,
      /** An eighth of what Fluent Bit's http input takes (buffer_max_size, 4 MB). */
      max_batch_bytes: 524_288,
      /** Vector answers only once its sinks have the batch. */
      timeout_secs: 60,
    },
  },
  qradar: {
    reconcile: {
      every_secs: 21_600,
      since: "24h",
      heal: true,
      budget_percent: 25,
      wait_secs: 120,
    },
  },
  handover: "shipper",
  network: {
    connect_timeout_secs: 10,
    timeout_secs: 60,
  },
  state: { prefix: "/mimecast-input", insecure: false, lease_secs: 15, weight: 1 },
  log: { level: "info", file: true, max_file_bytes: 5_242_880, max_files: 5 },
} as const;
