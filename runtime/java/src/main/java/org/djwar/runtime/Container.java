package org.djwar.runtime;

import java.io.InputStream;
import java.util.Map;
import java.util.Set;

/** What a web application learns from its container, free of servlet types. */
public interface Container {
    /** {@code ""} or {@code /ctx}, decoded. */
    String contextPath();

    /** The container's name and version. */
    String serverInfo();

    /** Context parameters, and above them the filter's or servlet's own. */
    Map<String, String> parameters();

    /** The file of a resource, or null when the WAR is deployed packed. */
    String realPath(String path);

    /** The entries directly in a folder of the WAR (Servlet §4.6), folders ending in a slash, or null. */
    Set<String> resourcePaths(String folder);

    /** Opens a resource, or gives null. */
    InputStream resource(String path);

    /** The folder for temporary files (Servlet §4.8.1), or null. */
    String temporaryFolder();

    /** An object shared by all that djwar runs in this context, or null. */
    Object attribute(String name);

    /** Shares an object; null removes it. */
    void attribute(String name, Object value);
}
