/** An own property of something that was parsed; what is no object has none. */
export function ownProperty(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (Object.getOwnPropertyDescriptor(value, name)?.value as unknown)
    : undefined;
}
