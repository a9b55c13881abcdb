/**
 * QRadar's low-level categories, as far as our events use them. Ids and names: IBM's administration guide, "Event
 * categories". 10009 is the exception: the id is that of the stored event of a real export, and the guide does not list it.
 */
export const CATEGORIES: ReadonlyMap<number, string> = new Map([
  [3115, "User Login Success"],
  [3116, "User Login Failure"],
  [6003, "Hostile Mail Attachment"],
  [6006, "Virus Detected"],
  [7001, "Unknown Suspicious Event"],
  [7006, "Suspicious Activity"],
  [7024, "Information Leak"],
  [7033, "Suspicious IP Address"],
  [8006, "System Status"],
  [10009, "Stored"],
  [18001, "Mail Opened"],
  [18002, "Mail Closed"],
  [18004, "Mail Terminated"],
  [18005, "Mail Denied"],
  [18006, "Mail in Progress"],
  [18007, "Mail Delayed"],
  [18008, "Mail Queued"],
  [18009, "Mail Redirected"],
  [19001, "General Audit Event"],
]);

/** The id of a category that the mapping gives by id or by name; throws for one that is not in the table. */
export function categoryId(category: number | string): number {
  for (const [id, name] of CATEGORIES) {
    if (id === category || name === category) return id;
  }
  throw new Error(`Cannot use mapping: "${category}" must be a low-level category of the table`);
}

/**
 * The event pipe that a real export names for QIDs of a high-level category (the thousands of the id). The export has
 * rows of these six only; where it has none, Echo, which is what published generators write for every QID.
 */
export function pipeName(category: number): string {
  return PIPES.get(Math.floor(category / 1000)) ?? "Echo";
}

const PIPES: ReadonlyMap<number, string> = new Map([
  [5, "Alpha"],
  [7, "Beta"],
  [8, "Golf"],
  [9, "Foxtrot"],
  [10, "Processor3"],
  [19, "Echo"],
]);
