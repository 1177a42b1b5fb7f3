package org.djwar.runtime.jython;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Deployment;
import org.djwar.runtime.Engine;
import org.djwar.runtime.Parameters;
import org.djwar.runtime.Places;
import org.djwar.runtime.Site;

/** Makes this engine from what is deployed and set. Refers to no class of Jython's itself. */
public final class JythonBoot {
    private static final String JYTHON = "org/python/core/PySystemState.class";
    private static final String DATA_SOURCE = "djwar.datasource.";

    private JythonBoot() {}

    /** An engine that has not been started. */
    public static Engine engine(Site site) throws BootFailure {
        URL place = JythonBoot.class.getClassLoader().getResource(JYTHON);
        if (place == null) {
            throw new BootFailure("`djwar.engine` is `jython`, but this application has no Jython: put `org.python:jython-slim:2.7.4` "
                    + "and its dependencies into WEB-INF/lib");
        }
        if (!isAtHome(place.toString())) {
            return fromFiles(site, place);
        }
        long stopTimeout = TimeUnit.SECONDS.toNanos(site.parameters().number("djwar.stop-timeout"));
        return new JythonEngine(launch(site), site.environ(), stopTimeout, site.log());
    }

    /**
     * Whether Jython can live in the container's class loader. Tomcat with {@code unpackWARs="false"} reads a jar in the WAR from its beginning for every class
     * that it loads: with Jython's 45 MB a start takes many minutes. WildFly and Open Liberty have addresses for classes in which Jython does not find its library.
     */
    private static boolean isAtHome(String place) {
        return place.startsWith("jar:file:") || place.startsWith("file:");
    }

    /** The same from files: this class again, loaded by a loader which reads these. */
    private static Engine fromFiles(Site site, URL place) throws BootFailure {
        Path folder = Deployment.jars(site.container(), site.places().work(), site.log());
        try {
            JarLoader loader = JarLoader.of(folder, JythonBoot.class.getClassLoader());
            if (loader.findResource(JYTHON) == null) {
                loader.close();
                throw new BootFailure("Jython is neither a jar in WEB-INF/lib nor one that the container reads from a file, but at `" + place + "`");
            }
            Class<?> boot = loader.loadClass(JythonBoot.class.getName() + "$Maker");
            Site.EngineMaker maker = (Site.EngineMaker) boot.getDeclaredConstructor().newInstance();
            return new LoadedEngine(maker.make(site), loader, site.log());
        } catch (IOException | ReflectiveOperationException e) {
            throw new BootFailure("the jars in `" + folder + "` can't be loaded: " + e, e);
        }
    }

    /** What {@link #fromFiles} makes in the other loader. */
    public static final class Maker implements Site.EngineMaker {
        @Override
        public Engine make(Site site) throws BootFailure {
            return engine(site);
        }
    }

    private static Launch launch(Site site) throws BootFailure {
        Parameters parameters = site.parameters();
        Places places = site.places();
        Map<String, String> variables = site.variables();
        parameters.prefixed(DATA_SOURCE).forEach(
                (alias, name) -> variables.put("DJWAR_DATASOURCE_" + alias.toUpperCase(Locale.ROOT), name));
        List<Path> path = new ArrayList<>(List.of(places.python().resolve("handler"), places.source()));
        path.addAll(places.extra());
        for (Path folder : List.of(places.packages().resolve("lib"), places.python().resolve("jdbc"))) {
            if (Files.isDirectory(folder)) {
                path.add(folder);
            }
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("wsgi", parameters.text("djwar.wsgi"));
        // An operator who sets DJANGO_SETTINGS_MODULE on the host means it.
        settings.put("settings", variables.getOrDefault("DJANGO_SETTINGS_MODULE", ""));
        settings.put("context_path", site.container().contextPath());
        settings.put("adapt_urls", parameters.isSet("djwar.adapt-urls"));
        settings.put("static_root", site.staticRoot());
        settings.put("software", site.container().serverInfo());
        return new Launch(home(parameters.text("djwar.python")), places.python(), path, places.application(), variables, settings);
    }

    private static Path home(String wish) throws BootFailure {
        if (wish.equals("bundled")) {
            return null;
        }
        Path home = Path.of(wish);
        if (!home.isAbsolute() || !Files.isDirectory(home.resolve("Lib"))) {
            throw new BootFailure("`djwar.python` (`python.home`) must be `bundled` or the absolute path of a Jython home, a folder with `Lib` in it, not `"
                    + wish + "`");
        }
        return home;
    }
}
