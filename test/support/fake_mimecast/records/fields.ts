/** The fields of one record, in wire order. */
export type Fields = Record<string, unknown>;
