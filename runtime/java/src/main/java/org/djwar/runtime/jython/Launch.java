package org.djwar.runtime.jython;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What one Jython is started with.
 *
 * @param home a Jython home with {@code Lib}, or null for the jar's own standard library
 * @param packed the folder that is deployed with the web application and that nobody adds modules to
 * @param path what {@code sys.path} starts with
 * @param folder the working directory
 * @param variables {@code os.environ}
 * @param settings what {@code djwar_jython.boot} reads: texts and booleans
 */
public record Launch(Path home, Path packed, List<Path> path, Path folder, Map<String, String> variables,
        Map<String, Object> settings) {}
