import type { TarCompression } from "@blob/format/node";
import type { PolicyFlags } from "../../session/session.js";
import type { ExportFormat } from "./export-format.js";

export interface ImageFlags {
  readonly platform?: string;
  readonly layerCompression?: TarCompression;
  readonly tag?: readonly string[];
}

export interface ExportFlags extends PolicyFlags, ImageFlags {
  readonly file?: string;
  readonly format?: ExportFormat;
  readonly prefix?: string;
  readonly stripPrefix?: boolean;
  readonly image?: boolean;
}
