import { requireConfigFile } from "../../config/config-path.js";
import { migrateConfig } from "../../config/migrate-config.js";
import type { Session } from "../../session/session.js";

export async function migrate({ config, output }: Session): Promise<void> {
  const file = requireConfigFile(config);
  const renamed = await migrateConfig(file);
  await output.result({ path: file, changed: renamed.length > 0, renamed }, () =>
    renamed.length === 0
      ? ["Nothing was changed."]
      : [`Changed ${file}`, ...renamed.map(({ from, to }) => `${from} is ${to}`)],
  );
}
