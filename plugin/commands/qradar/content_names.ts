/** Name of the log source type in QRadar's lists, and of the extension that brings it in Extensions Management. */
export const TYPE_TITLE = "Mimecast Email Security";

/** Its name inside QRadar, in the form of those that the DSM Editor makes. */
export const TYPE_NAME = "MimecastEmailSecurityCustom";

/** The log source extension of the type. */
export const EXTENSION_NAME = `${TYPE_NAME}_ext`;
