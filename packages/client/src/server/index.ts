export * from "@blob/registry/server";
