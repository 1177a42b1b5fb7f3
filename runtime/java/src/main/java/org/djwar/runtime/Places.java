package org.djwar.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where an application's files are.
 *
 * @param work a folder to write into
 * @param python the folder of {@code WEB-INF/python}, which need not exist when the project is elsewhere
 * @param packages the folder of {@code lib} and {@code home}, which need not exist either
 * @param application the project's folder
 * @param source the folder of it which goes on {@code sys.path}
 * @param extra more folders for {@code sys.path}
 */
public record Places(Path work, Path python, Path packages, Path application, Path source, List<Path> extra) {
    /** Finds them; {@code djwar.app-home} may be a folder outside the web application. */
    static Places find(Container container, Parameters parameters, Path work, Log log) throws BootFailure {
        Path python = Deployment.python(container, Site.staticPrefix(parameters), work, log).toAbsolutePath();
        Path packages = NestedPackages.folder(python, work, log);
        Path application = application(container, parameters.text("djwar.app-home"), python);
        List<Path> extra = new ArrayList<>();
        for (String entry : parameters.list("djwar.python-path")) {
            Path path = python.resolve("app").resolve(entry).normalize();
            if (!Files.exists(path)) {
                throw new BootFailure("`djwar.python-path` (`python.path`) names `" + entry + "`, but there is no `" + path + "`");
            }
            extra.add(path);
        }
        return new Places(work, python, packages, application, application, extra).in(application, parameters);
    }

    /** The same with the project in another folder, such as a copy. */
    Places in(Path folder, Parameters parameters) throws BootFailure {
        String root = parameters.text("djwar.source-root");
        Path source = folder.resolve(root).normalize();
        if (!Files.isDirectory(source)) {
            throw new BootFailure("`djwar.source-root` is `" + root + "`, but there is no folder `" + source + "`");
        }
        // What lies in the project moves with it.
        List<Path> moved = extra.stream()
                .map(path -> path.startsWith(application) ? folder.resolve(application.relativize(path)).normalize() : path)
                .toList();
        return new Places(work, python, packages, folder, source, moved);
    }

    private static Path application(Container container, String home, Path python) throws BootFailure {
        Path shipped = python.resolve("app");
        if (home.isEmpty()) {
            if (!Files.isDirectory(shipped)) {
                throw new BootFailure("there is no `WEB-INF/python/app` in this application: was the WAR built by djwar? "
                        + "A project elsewhere is named by `djwar.app-home` (`django.app.home`)");
            }
            return shipped;
        }
        String below = container.realPath(home.startsWith("/") ? home : "/" + home);
        List<Path> candidates = new ArrayList<>(List.of(shipped.resolve(home).normalize()));
        if (below != null) {
            candidates.add(Path.of(below));
        }
        for (Path candidate : candidates) {
            if (Files.isDirectory(candidate)) {
                try {
                    return candidate.toRealPath();
                } catch (IOException e) {
                    throw new BootFailure("`djwar.app-home` (`django.app.home`) is `" + home + "`, which can't be read: " + e, e);
                }
            }
        }
        throw new BootFailure("`djwar.app-home` (`django.app.home`) is `" + home + "`, but there is no such folder; looked for `"
                + String.join("`, `", candidates.stream().map(Path::toString).toList()) + "`");
    }
}
