package org.djwar.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What an engine is made from.
 *
 * @param container the web application's container
 * @param parameters what is set
 * @param name the application's name
 * @param log its log
 * @param places where its files are
 * @param environ makes the environs of requests
 */
public record Site(Container container, Parameters parameters, String name, Log log, Places places, Environ environ) {
    /** Makes an engine; each engine's folder has one, so that only the engine in use is loaded. */
    @FunctionalInterface
    public interface EngineMaker {
        /** An engine that has not been started. */
        Engine make(Site site) throws BootFailure;
    }

    /** The variables for {@code os.environ}, with the settings module, unless an operator set one. */
    public Map<String, String> variables() {
        Map<String, String> variables = PythonEnvironment.of(parameters.sources(), parameters.isSet("djwar.inherit-environment"));
        String settings = parameters.text("djwar.settings");
        if (!settings.isEmpty()) {
            variables.putIfAbsent("DJANGO_SETTINGS_MODULE", settings);
        }
        return variables;
    }

    /** Where the collected static files are, or empty. */
    public String staticRoot() {
        String prefix = staticPrefix(parameters);
        String real = prefix.isEmpty() ? null : container.realPath(prefix.replaceAll("/$", ""));
        if (real != null && Files.isDirectory(Path.of(real))) {
            return real;
        }
        Path own = places.python().resolve(Deployment.STATIC);
        return Files.isDirectory(own) ? own.toString() : "";
    }

    /** The folder of collected static files, such as {@code /static/}, or empty. */
    static String staticPrefix(Parameters parameters) {
        for (String prefix : parameters.list("djwar.static-prefixes")) {
            String folder = prefix.replaceAll("^/+|/+$", "");
            return folder.isEmpty() ? "" : "/" + folder + "/";
        }
        return "";
    }
}
