import { printableJson } from "@blob/core/text";

/** Enough text for one write. */
const pieceLength = 64 * 1024;

/** Deeper levels begin no further to the right: what nests 20,000 levels would be nearly nothing but spaces. */
const maxIndent = 200;

/** An array or object that is begun and not ended. */
interface Level {
  readonly end: "]" | "}";
  /** What is written before the next value, and the value; nothing at the end. */
  readonly next: () => { readonly key: string; readonly value: unknown } | undefined;
  isEmpty: boolean;
}

/**
 * The text of `JSON.stringify(value, null, 2)` in pieces, made as they are asked for, so that neither the text nor what
 * it says has to fit into memory or a stack: iterables that are no arrays are arrays, and a property is read when its
 * turn comes. Deep levels are indented less, and what a terminal would obey, or show as another text, is escaped.
 */
export function* jsonText(value: unknown): Generator<string, void, undefined> {
  const levels: Level[] = [];
  let text = "";

  /** Writes a value, or its beginning. */
  function write(one: unknown): void {
    const plain = isRecord(one) && typeof one["toJSON"] === "function" ? (one["toJSON"]() as unknown) : one;
    if (!isRecord(plain)) {
      text += JSON.stringify(plain) ?? "null";
      return;
    }
    const level = isIterable(plain) ? levelOfList(plain) : levelOfObject(plain);
    text += level.end === "]" ? "[" : "{";
    levels.push(level);
  }

  const newLine = (): string => `\n${"  ".repeat(Math.min(levels.length, maxIndent))}`;
  write(value);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const next = level.next();
    if (next === undefined) {
      levels.pop();
      text += (level.isEmpty ? "" : newLine()) + level.end;
    } else {
      text += `${level.isEmpty ? "" : ","}${newLine()}${next.key}`;
      level.isEmpty = false;
      write(next.value);
    }
    if (text.length >= pieceLength) {
      yield printableJson(text);
      text = "";
    }
  }
  yield printableJson(text);
}

/** A value on one line, for streams of them; escaped in the same way. */
export function jsonLine(value: object): string {
  return `${printableJson(JSON.stringify(value))}\n`;
}

function levelOfList(list: Iterable<unknown>): Level {
  const values = list[Symbol.iterator]();
  return {
    end: "]",
    isEmpty: true,
    next() {
      const { done, value } = values.next();
      return done === true ? undefined : { key: "", value };
    },
  };
}

function levelOfObject(object: Readonly<Record<string, unknown>>): Level {
  const keys = Object.keys(object).values();
  return {
    end: "}",
    isEmpty: true,
    next() {
      for (const key of keys) {
        const value = object[key];
        if (value !== undefined && typeof value !== "function")
          return { key: `${JSON.stringify(key)}: `, value };
      }
      return undefined;
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}
