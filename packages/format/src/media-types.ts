/** The media type of the index blob. */
export const indexMediaType = "application/vnd.meigma.blob.index.v1+flatbuffers";

/** The media type of the data blob. */
export const dataMediaType = "application/vnd.meigma.blob.data.v1";

/** The artifact type of a manifest that binds the two. */
export const archiveArtifactType = "application/vnd.meigma.blob.v1";

/** What the index is called on disk, unless the caller says otherwise. */
export const defaultIndexName = "index.blob";

/** What the data part is called on disk, unless the caller says otherwise. */
export const defaultDataName = "data.blob";
