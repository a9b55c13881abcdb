/**
 * How the `eventUid` of every test event begins ("test" four times, in hexadecimal letters): rules, searches and `reconcile`
 * know them by it, and no record of Mimecast's has it (a chance of 1 in 10^19 each).
 */
export const TEST_UID = "7e577e577e577e57";
