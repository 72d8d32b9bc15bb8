import type { Registry } from "@blob/registry";

/** The same registry, which changes the first byte of everything whose digest is in the set. */
export function withDamage(registry: Registry, damaged: ReadonlySet<string>): Registry {
  return {
    ...registry,
    async manifest(repository, reference, options) {
      const manifest = await registry.manifest(repository, reference, options);
      if (!damaged.has(manifest.descriptor.digest)) return manifest;
      return { ...manifest, bytes: changed(manifest.bytes) };
    },
    readBlob(repository, blob, options = {}) {
      // In one range, so that the registry behind does not notice.
      const { offset, length } = options.range ?? { offset: 0, length: blob.size };
      if (offset > 0 || length === 0 || !damaged.has(blob.digest))
        return registry.readBlob(repository, blob, options);
      return damagedBytes(registry.readBlob(repository, blob, options));
    },
  };
}

async function* damagedBytes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of bytes) {
    yield isFirst ? changed(chunk) : chunk;
    isFirst = false;
  }
}

function changed(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
