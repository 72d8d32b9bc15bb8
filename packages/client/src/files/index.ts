export * from "@blob/format/node";
