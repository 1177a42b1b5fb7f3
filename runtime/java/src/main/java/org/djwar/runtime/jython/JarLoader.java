package org.djwar.runtime.jython;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The jars of a WAR as files, for where the container's own class loader is of no use to Jython ({@link JythonBoot}): asked before that loader, which stays
 * the one of the servlet API and of the runtime's own classes outside of this engine.
 */
final class JarLoader extends URLClassLoader {
    private static final String RUNTIME = "org.djwar.runtime.";
    private static final List<String> ENGINE = List.of(RUNTIME + "jython.", RUNTIME + "jdbc.");

    static {
        registerAsParallelCapable();
    }

    private JarLoader(URL[] jars, ClassLoader container) {
        super("djwar-jython", jars, container);
    }

    /** Of all jars of a folder. */
    static JarLoader of(Path folder, ClassLoader container) throws IOException {
        List<URL> jars = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) {
                jars.add(url(jar));
            }
        }
        return new JarLoader(jars.toArray(URL[]::new), container);
    }

    private static URL url(Path jar) throws MalformedURLException {
        return jar.toUri().toURL();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            if (isOwn(name)) {
                try {
                    return findClass(name);
                } catch (ClassNotFoundException e) {
                    // The JDK's, the container's, or nobody's.
                    return super.loadClass(name, resolve);
                }
            }
            return super.loadClass(name, resolve);
        }
    }

    private static boolean isOwn(String name) {
        return name.startsWith(RUNTIME) ? ENGINE.stream().anyMatch(name::startsWith) : !name.startsWith("java.");
    }

    @Override
    public URL getResource(String name) {
        URL own = findResource(name);
        return own != null ? own : super.getResource(name);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        Set<URL> all = new LinkedHashSet<>(Collections.list(findResources(name)));
        all.addAll(Collections.list(getParent().getResources(name)));
        return Collections.enumeration(all);
    }
}
