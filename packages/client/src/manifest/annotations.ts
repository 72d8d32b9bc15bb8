import { ClientError } from "../errors.js";

/** The only annotation of image-spec (annotations.md) whose form is fixed, besides those that belong to images. */
export const createdKey = "org.opencontainers.image.created";

/** Room for everything else in a manifest of 4 MiB, more than which registries need not take and we do not read. */
const maxAnnotationBytes = 4 * 1024 * 1024 - 64 * 1024;

const rfc3339 =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)T(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.\d+)?(?:Z|[+-](?<offsetHour>\d\d):(?<offsetMinute>\d\d))$/iu;

/**
 * The annotations of a manifest, with the time of its creation unless they have it: in whole seconds, as image-spec's
 * examples have it and the Go implementation writes it. They are checked here, before they are where others have to read
 * them.
 *
 * @throws ClientError `InvalidArgument` for what is not text, a time that is not as RFC 3339 wants it (an invalid date,
 *   years before 0 and after 9999), and for more than fits into a manifest.
 */
export function annotationsOf(
  annotations: Readonly<Record<string, unknown>>,
  created: Date,
): Readonly<Record<string, string>> {
  const checked: Record<string, string> = { [createdKey]: createdText(created) };
  for (const [key, value] of Object.entries(annotations)) {
    if (key === "") throw invalid("an annotation has an empty name");
    if (typeof value !== "string") throw invalid(`the annotation ${shown(key)} is not text`);
    if (!isWellFormed(key) || !isWellFormed(value)) {
      throw invalid(
        `the annotation ${shown(key)} has half a surrogate pair, which cannot be stored as UTF-8`,
      );
    }
    if (key === createdKey && !isRfc3339(value)) {
      throw invalid(`${key} is ${shown(value)}: it has to be like 2026-01-31T12:00:00Z (RFC 3339)`);
    }
    // Assigning to `__proto__` would lose it.
    Object.defineProperty(checked, key, { value, enumerable: true });
  }
  const size = Buffer.byteLength(JSON.stringify(checked));
  if (size > maxAnnotationBytes) {
    throw invalid(`the annotations have ${String(size)} bytes: registries take manifests of 4 MiB at most`);
  }
  return checked;
}

function createdText(created: Date): string {
  const text = Number.isNaN(created.getTime()) ? "an invalid date" : created.toISOString();
  if (!isRfc3339(text)) throw invalid(`created is ${text}: it has to be a date in the years 0 to 9999`);
  return text.replace(/\.\d+Z$/u, "Z");
}

/** RFC 3339, section 5.6 and the limits of 5.7. A leap second may be in any minute: nobody knows those to come. */
function isRfc3339(text: string): boolean {
  const parts = rfc3339.exec(text)?.groups;
  if (parts === undefined) return false;
  const part = (name: string): number => Number(parts[name] ?? 0);
  const [month, day] = [part("month"), part("day")];
  // 2000 had a 29 February, and years below 100 mean the twentieth century to `Date.UTC`.
  const year = (part("year") % 400) + 2000;
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth &&
    part("hour") <= 23 &&
    part("minute") <= 59 &&
    part("second") <= 60 &&
    part("offsetHour") <= 23 &&
    part("offsetMinute") <= 59
  );
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

function invalid(message: string): ClientError {
  return new ClientError("InvalidArgument", message);
}
