/** A low-level category of QRadar. */
interface Category {
  readonly name: string;
  /** The default building blocks of QRadar that a rule can find its events by; most of ours are in none. */
  readonly blocks?: readonly string[];
}

/**
 * The low-level categories of our events. Ids and names: IBM's administration guide, "Event categories"; building
 * blocks: those of an export of every default rule (QRadar 7.3.1).
 */
const CATEGORIES: ReadonlyMap<number, Category> = new Map<number, Category>([
  [6001, { name: "Unknown Malware" }],
  [6010, { name: "Content Scan" }],
  [6011, { name: "Content Scan Failed" }],
  [6012, { name: "Content Scan Successful" }],
  [6013, { name: "Content Scan Inprogress" }],
  [8006, { name: "System Status" }],
  [8007, { name: "System Error", blocks: ["System Errors and Failures"] }],
  [8052, { name: "Information" }],
  [8054, { name: "Warning" }],
  [9002, { name: "Web Policy Violation" }],
  [9014, { name: "Mail Policy Violation", blocks: ["Mail Policy Violation"] }],
  [9020, { name: "Data Loss Prevention Policy Violation" }],
  [9022, { name: "Web Policy Allow" }],
  [10001, { name: "Unknown" }],
  [10009, { name: "Custom Rule Engine Message" }],
  [18002, { name: "Mail Closed" }],
  [18004, { name: "Mail Terminated" }],
  [18005, { name: "Mail Denied" }],
  [18006, { name: "Mail In Progress" }],
  [18007, { name: "Mail Delayed" }],
  [18008, { name: "Mail Queued" }],
  [18009, { name: "Mail Redirected" }],
  [19001, { name: "General Audit Event" }],
  [19015, { name: "Read Activity Succeeded" }],
  [19030, { name: "Configure Activity Succeeded" }],
  [20016, { name: "Fraud" }],
]);

/** Every id of the table. */
export const CATEGORY_IDS: readonly number[] = [...CATEGORIES.keys()];

/** The category's name; throws for a category that is not in the table. */
export function categoryName(id: number): string {
  return categoryOf(id).name;
}

/** The default building blocks, without "BB:CategoryDefinition: ", that events of the category match. */
export function defaultBlocks(id: number): readonly string[] {
  return categoryOf(id).blocks ?? [];
}

function categoryOf(id: number): Category {
  const category = CATEGORIES.get(id);
  if (category !== undefined) return category;
  throw new Error(`Cannot use mapping: "${id}" must be a low-level category of the table`);
}

/** The event pipe of a QID, which follows from the high-level category: that of every row of real exports. */
export function pipeName(id: number): string {
  const pipe = PIPES.get(id) ?? PIPES.get(Math.floor(id / 1000));
  if (pipe !== undefined) return pipe;
  throw new Error(`Cannot use mapping: category "${id}" must have a known event pipe`);
}

const PIPES: ReadonlyMap<number, string> = new Map([
  [6, "Beta"],
  [8, "Golf"],
  [9, "Foxtrot"],
  [10, "Foxtrot"],
  [10009, "Processor3"],
  [18, "Echo"],
  [19, "Echo"],
  [20, "Echo"],
]);
