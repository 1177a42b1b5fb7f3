package org.djwar.runtime;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which environment variables the project sees in {@code os.environ}: the outermost source wins (docs/guide/deploying.md). */
public final class PythonEnvironment {
    private static final String PREFIX = "djwar.env.";
    private static final String VARIABLE_PREFIX = "DJWAR_ENV_";
    private static final List<String> ALWAYS = List.of("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR",
            "SYSTEMROOT", "LD_LIBRARY_PATH");

    private PythonEnvironment() {}

    /**
     * Context parameters, below JNDI entries, below system properties (all named {@code djwar.env.NAME}), below the container's
     * own environment variables, below {@code DJWAR_ENV_NAME}, which reaches the project also without inheritance.
     */
    public static Map<String, String> of(Sources sources, boolean isInherited) {
        Map<String, String> result = new TreeMap<>();
        addPrefixed(result, sources.context());
        addPrefixed(result, sources.jndi());
        addPrefixed(result, sources.properties());
        for (Map.Entry<String, String> entry : sources.environment().entrySet()) {
            String name = entry.getKey();
            boolean isWanted = isInherited || ALWAYS.contains(name) || name.startsWith("LC_");
            if (isWanted && isHarmless(name)) {
                result.put(name, entry.getValue());
            }
        }
        for (Map.Entry<String, String> entry : sources.environment().entrySet()) {
            if (entry.getKey().startsWith(VARIABLE_PREFIX) && entry.getKey().length() > VARIABLE_PREFIX.length()) {
                result.put(entry.getKey().substring(VARIABLE_PREFIX.length()), entry.getValue());
            }
        }
        return result;
    }

    /** The host's Python must not meddle with ours, and what the JVM preloads is for the JVM. */
    private static boolean isHarmless(String name) {
        return !name.startsWith("PYTHON") && !name.equals("LD_PRELOAD") && !name.equals("__PYVENV_LAUNCHER__")
                && !name.equals("VIRTUAL_ENV") && !name.startsWith(VARIABLE_PREFIX);
    }

    private static void addPrefixed(Map<String, String> result, Map<String, String> source) {
        for (Map.Entry<String, String> entry : source.entrySet()) {
            if (entry.getKey().startsWith(PREFIX) && entry.getKey().length() > PREFIX.length()) {
                result.put(entry.getKey().substring(PREFIX.length()), entry.getValue());
            }
        }
    }
}
