package org.djwar.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the project writes must outlive a redeploy: it is kept in the data folder, and a link stands at its old place. SQLite
 * resolves links before it names its journal, so that lies beside the database, in the data folder.
 */
public final class DataFolder {
    private static final List<String> BASES = List.of(
            "catalina.base", "jetty.base", "jboss.server.base.dir", "com.sun.aas.instanceRoot", "server.output.dir", "wlp.user.dir");

    private DataFolder() {}

    /** The configured folder, or one of the application's name below the container's base. */
    public static Path choose(Parameters parameters, String applicationName, Path workFolder, Log log) throws BootFailure {
        Path folder = chosen(parameters.text("djwar.data-dir"), applicationName, workFolder, log).toAbsolutePath();
        try {
            return Files.createDirectories(folder).toRealPath();
        } catch (IOException e) {
            throw new BootFailure("the data folder `" + folder + "` can't be made (`djwar.data-dir`): " + e.getMessage(), e);
        }
    }

    private static Path chosen(String configured, String applicationName, Path workFolder, Log log) {
        if (!configured.isEmpty()) {
            return Path.of(configured.replace("{name}", applicationName));
        }
        for (String base : BASES) {
            String folder = System.getProperty(base);
            if (folder != null && !folder.isBlank() && Files.isDirectory(Path.of(folder))) {
                return Path.of(folder, "djwar-data", applicationName);
            }
        }
        Path folder = workFolder.resolve("data");
        log.warning("DATA MAY BE LOST: this container has no base folder that djwar knows, so the project's data is kept in the temporary folder `"
                + folder + "`; set `djwar.data-dir`");
        return folder;
    }

    /** Keeps one path of the project in the data folder; {@code entry} ends with a slash when it is a folder. */
    public static void keep(String entry, Path application, Path folder) throws BootFailure {
        boolean isFolder = entry.endsWith("/");
        Path shipped = application.resolve(entry).normalize();
        Path kept = folder.resolve(entry).normalize();
        if (!shipped.startsWith(application) || shipped.equals(application) || !kept.startsWith(folder)) {
            throw new BootFailure("parameter `djwar.data` must hold paths inside the project, not `" + entry + "`");
        }
        try {
            Files.createDirectories(kept.getParent());
            Files.createDirectories(shipped.getParent());
            if (!shipped.getParent().toRealPath().startsWith(application.toRealPath())) {
                // Inside a folder that is kept already: what lies there is the data itself.
                return;
            }
            if (Files.isSymbolicLink(shipped)) {
                Files.delete(shipped);
            }
            isFolder |= Files.isDirectory(shipped);
            if (Files.exists(shipped, LinkOption.NOFOLLOW_LINKS)) {
                moveOrDrop(shipped, kept);
            }
            if (isFolder) {
                Files.createDirectories(kept);
            }
            Files.createSymbolicLink(shipped, kept);
        } catch (IOException | UnsupportedOperationException e) {
            throw new BootFailure("`" + entry + "` can't be kept in the data folder `" + folder + "`: " + e, e);
        }
    }

    /** The first deployment brings what the WAR ships; later ones must not overwrite what has been written since. */
    private static void moveOrDrop(Path shipped, Path kept) throws IOException {
        if (!Files.exists(kept, LinkOption.NOFOLLOW_LINKS)) {
            Path part = kept.resolveSibling(kept.getFileName() + ".djwar-part");
            Deployment.remove(part);
            try (Stream<Path> files = Files.walk(shipped)) {
                for (Path file : files.toList()) {
                    Files.copy(file, part.resolve(shipped.relativize(file).toString()), LinkOption.NOFOLLOW_LINKS);
                }
            }
            Files.move(part, kept);
        }
        Deployment.remove(shipped);
    }
}
