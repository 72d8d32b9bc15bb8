// Which small changes of a file its tests should notice.
import { parseSync } from "oxc-parser";

/**
 * @typedef {{ readonly type: string, readonly start: number, readonly end: number }} Node
 * @typedef {Node & Readonly<Record<string, unknown>>} AnyNode
 * @typedef {{
 *   readonly id: number,
 *   readonly line: number,
 *   readonly inLine: string,
 *   readonly change: string,
 *   readonly start: number,
 *   readonly end: number,
 *   readonly replacement: string,
 *   readonly isStatement: boolean,
 *   readonly isStatic: boolean,
 * }} Mutant `inLine` and `change` name it in the list of accepted ones: they stay when lines move. One that is static is
 *   evaluated when the module is loaded.
 * @typedef {{ readonly parents: readonly AnyNode[], readonly key: string }} Place
 */

const swapped = new Map(
  Object.entries({
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "*",
    "&": "|",
    "|": "&",
    "<<": ">>",
    ">>": "<<",
    "+=": "-=",
    "-=": "+=",
    "*=": "/=",
    "/=": "*=",
    "|=": "&=",
    "&=": "|=",
  }),
);
const comparisons = new Set(["===", "!==", "<", "<=", ">", ">=", "in", "instanceof"]);
const swappedMethods = new Map(
  Object.entries({ some: "every", every: "some", startsWith: "endsWith", endsWith: "startsWith" }),
);
const droppedMethods = new Set([
  "filter",
  "sort",
  "toSorted",
  "reverse",
  "trim",
  "toLowerCase",
  "slice",
  "subarray",
]);
/** What is only told to people is not what these tests are about. */
const wordings = /^(?:message|detail|why|hint|wording|told)$/;
const functions = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/**
 * @param {string} file
 * @param {string} text
 * @returns {readonly Mutant[]}
 */
export function mutantsOf(file, text) {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  /** @type {Map<string, Mutant>} */
  const found = new Map();
  visit(
    /** @type {AnyNode} */ (/** @type {unknown} */ (program)),
    { parents: [], key: "" },
    (node, place) => {
      for (const replacement of replacements(node, place, text)) {
        const { start, end } = node;
        const original = text.slice(start, end);
        const name = `${start}-${end}-${replacement}`;
        if (replacement === original || found.has(name)) continue;
        const line = text.slice(0, start).split("\n").length;
        found.set(name, {
          id: found.size + 1,
          line,
          inLine: text.split("\n")[line - 1]?.trim() ?? "",
          change: `${oneLine(original)} → ${replacement === "" ? "(nothing)" : oneLine(replacement)}`,
          start,
          end,
          replacement,
          isStatement: node.type.endsWith("Statement"),
          isStatic: !place.parents.some(({ type }) => functions.has(type)),
        });
      }
    },
  );
  return [...found.values()];
}

/** @param {string} text @param {Mutant} mutant */
export function mutated(text, { start, end, replacement }) {
  return text.slice(0, start) + replacement + text.slice(end);
}

/**
 * The file with all these mutants in it, of which `globalThis.mutate(id)` chooses one at run time.
 * @param {string} text
 * @param {readonly Mutant[]} mutants
 */
export function withSwitches(text, mutants) {
  const inOrder = mutants.toSorted(
    (one, other) => one.start - other.start || other.end - one.end || one.id - other.id,
  );
  let next = 0;
  /** @param {number} from @param {number} to @returns {string} */
  const render = (from, to) => {
    let result = "";
    let at = from;
    for (let mutant = inOrder[next]; mutant !== undefined && mutant.start < to; mutant = inOrder[next]) {
      const { start, end, isStatement } = mutant;
      const here = [];
      for (; inOrder[next]?.start === start && inOrder[next]?.end === end; next += 1)
        here.push(inOrder[next]);
      const original = render(start, end);
      result += text.slice(at, start);
      result += isStatement
        ? `if (!mutate(${mutant.id})) { ${original} }`
        : `(${here.map((one) => `mutate(${one?.id}) ? (${one?.replacement}) : `).join("")}(${original}))`;
      at = end;
    }
    return result + text.slice(at, to);
  };
  return `declare const mutate: (id: number) => boolean;${render(0, text.length)}`;
}

/** @param {string} text */
function oneLine(text) {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}

/**
 * @param {AnyNode} node
 * @param {Place} place
 * @param {(node: AnyNode, place: Place) => void} look
 */
function visit(node, place, look) {
  if (node.type.startsWith("TS") && !/^TS(?:As|NonNull|Satisfies)Expression$/.test(node.type)) return;
  if (node.type.startsWith("Import")) return;
  if (isWording(node)) return;
  look(node, place);
  // What is thrown is worded there; that it is thrown is what counts.
  if (node.type === "ThrowStatement") return;
  const parents = [...place.parents, node];
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, { parents, key }, look);
    }
  }
}

/** @param {AnyNode} node */
function isWording(node) {
  if (node.type === "NewExpression") return /(?:Error|Refusal)$/.test(nameOf(node["callee"]));
  if (node.type === "VariableDeclarator") return wordings.test(nameOf(node["id"]));
  return node.type === "Property" && wordings.test(nameOf(node["key"]));
}

/**
 * @param {AnyNode} node
 * @param {Place} place
 * @param {string} text
 * @returns {readonly string[]}
 */
function replacements(node, place, text) {
  const parent = place.parents.at(-1);
  if (parent === undefined || isInsideOfChain(place)) return [];
  /** @param {unknown} part */
  const source = (part) => (isNode(part) ? text.slice(part.start, part.end) : "");
  const condition = conditionValues(node, place, parent);
  return [...condition, ...ownReplacements(node, place, parent, source)];
}

/**
 * A condition that always holds, and one that never does.
 * @param {AnyNode} node
 * @param {Place} place
 * @param {AnyNode} parent
 */
function conditionValues(node, { parents, key }, parent) {
  if (key === "test") {
    return parent.type === "ForStatement" || parent.type.includes("While") ? ["false"] : ["true", "false"];
  }
  if (parent.type === "LogicalExpression" || parent.type === "UnaryExpression") return [];
  const isBoolean =
    (node.type === "BinaryExpression" && comparisons.has(String(node["operator"]))) ||
    (node.type === "UnaryExpression" && node["operator"] === "!");
  const isReturned =
    (parent.type === "ReturnStatement" || (functions.has(parent.type) && key === "body")) &&
    node.type !== "BlockStatement";
  const around = parents.findLast(({ type }) => functions.has(type));
  const returnsBoolean = isReturned && around !== undefined && isPredicate(around);
  if (node.type === "Literal") return [];
  return isBoolean || returnsBoolean ? ["true", "false"] : [];
}

/** @param {AnyNode} declaration */
function isPredicate(declaration) {
  const annotation = declaration["returnType"];
  const type = isNode(annotation) ? annotation["typeAnnotation"] : undefined;
  return isNode(type) && (type.type === "TSBooleanKeyword" || type.type === "TSTypePredicate");
}

/**
 * @param {AnyNode} node
 * @param {Place} place
 * @param {AnyNode} parent
 * @param {(part: unknown) => string} source
 * @returns {readonly string[]}
 */
function ownReplacements(node, place, parent, source) {
  const { left, right, operator } = node;
  switch (node.type) {
    case "LogicalExpression": {
      // Of `a && b && c`, each inner node gives up one of its own two.
      const isLonger = isNode(left) && left.type === node.type && left["operator"] === operator;
      if (isLonger) return [source(left)];
      // `list[i] ?? 0`, where only `noUncheckedIndexedAccess` asks for the default.
      const isForTypes = operator === "??" && isIndexed(left) && isNode(right) && right.type === "Literal";
      return isForTypes ? [source(right)] : [source(left), source(right)];
    }
    case "BinaryExpression": {
      const other = swapped.get(String(operator));
      const isOfText = [left, right].some((side) => isText(side));
      const isConstant = [left, right].every((side) => isNode(side) && side.type === "Literal");
      return other === undefined || isOfText || isConstant
        ? []
        : [`${source(left)} ${other} ${source(right)}`];
    }
    case "AssignmentExpression": {
      const other = swapped.get(String(operator));
      return other === undefined || isText(right) ? [] : [`${source(left)} ${other} ${source(right)}`];
    }
    case "Literal":
      if (typeof node["value"] === "boolean" && parent.type !== "BinaryExpression")
        return [String(!node["value"])];
      return isNode(node) && node["regex"] !== undefined ? withoutAnchors(String(node["raw"])) : [];
    case "ThrowStatement":
    case "ExpressionStatement":
      return parent.type === "IfStatement" || isOnlyOne(place.parents) ? [] : [""];
    case "CallExpression":
      return otherCalls(node, source);
    case "TemplateLiteral":
      return [];
    default:
      return place.key === "expressions" && parent.type === "TemplateLiteral" ? ['""'] : [];
  }
}

/**
 * @param {AnyNode} node
 * @param {(part: unknown) => string} source
 */
function otherCalls(node, source) {
  const callee = node["callee"];
  if (!isNode(callee) || callee.type !== "MemberExpression") return [];
  const method = nameOf(callee["property"]);
  const object = source(callee["object"]);
  const other = swappedMethods.get(method) ?? extreme(object, method);
  if (other !== undefined) return [`${object}.${other}(${args(node).map(source).join(", ")})`];
  return droppedMethods.has(method) && callee["optional"] !== true ? [object] : [];
}

/** @param {string} object @param {string} method */
function extreme(object, method) {
  if (object !== "Math") return undefined;
  return { min: "max", max: "min" }[method];
}

/** @param {AnyNode} node @returns {readonly unknown[]} */
function args(node) {
  const given = node["arguments"];
  return Array.isArray(given) ? given : [];
}

/** @param {string} pattern */
function withoutAnchors(pattern) {
  const variants = [];
  if (pattern.startsWith("/^")) variants.push(`/${pattern.slice(2)}`);
  if (/[^\\]\$\/[a-z]*$/.test(pattern)) variants.push(pattern.replace(/\$\/([a-z]*)$/, "/$1"));
  return variants;
}

/** The only statement of an `if` without `else`: without it, the condition might as well be false. @param {readonly AnyNode[]} parents */
function isOnlyOne(parents) {
  const [block, condition] = [parents.at(-1), parents.at(-2)];
  return (
    block?.type === "BlockStatement" &&
    Array.isArray(block["body"]) &&
    block["body"].length === 1 &&
    condition?.type === "IfStatement"
  );
}

/** Something cannot be put around a part of `a?.b().c()`. @param {Place} place */
function isInsideOfChain({ parents, key }) {
  const parent = parents.at(-1);
  const isPart =
    (parent?.type === "MemberExpression" && key === "object") ||
    (parent?.type === "CallExpression" && key === "callee");
  if (!isPart) return false;
  for (const { type } of parents.toReversed()) {
    if (type === "ChainExpression") return true;
    if (type !== "MemberExpression" && type !== "CallExpression") return false;
  }
  return false;
}

/** @param {unknown} side */
function isIndexed(side) {
  return isNode(side) && side.type === "MemberExpression" && side["computed"] === true;
}

/** @param {unknown} side */
function isText(side) {
  if (!isNode(side)) return false;
  return side.type === "TemplateLiteral" || (side.type === "Literal" && typeof side["value"] === "string");
}

/** @param {unknown} node */
function nameOf(node) {
  return isNode(node) && typeof node["name"] === "string" ? node["name"] : "";
}

/** @param {unknown} value @returns {value is AnyNode} */
function isNode(value) {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
