package org.djwar.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Where the WAR's Python files are on disk: where the container unpacked them, or else in a copy of our own. */
public final class Deployment {
    private static final String PYTHON = "/WEB-INF/python";
    /** Below {@code WEB-INF/python}: what Django reads at STATIC_ROOT. */
    static final String STATIC = "static";
    private static final String COPIES = "python-";
    private static final String JARS = "/WEB-INF/lib/";
    private static final String COPIES_OF_JARS = "jars-";
    static final FileTime COPIED = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));

    private Deployment() {}

    /**
     * The folder of {@code WEB-INF/python}. In a copy, its folder {@code static} holds the files below the prefix too: the project's
     * own code may read any of them at STATIC_ROOT.
     */
    public static Path python(Container container, String staticPrefix, Path workFolder, Log log) throws BootFailure {
        String real = container.realPath(PYTHON);
        if (real != null && Files.isDirectory(Path.of(real))) {
            return Path.of(real);
        }
        if (container.resourcePaths(PYTHON + "/") == null) {
            // A project outside the web application needs none.
            return workFolder.resolve(COPIES + "none");
        }
        Map<String, String> folders = new LinkedHashMap<>(Map.of(PYTHON + "/", ""));
        if (!staticPrefix.isEmpty()) {
            folders.put(staticPrefix, STATIC);
        }
        return unpacked(container, folders, COPIES, workFolder, log);
    }

    /** A folder with the jars of the WAR, also where the container has them packed. */
    public static Path jars(Container container, Path workFolder, Log log) throws BootFailure {
        String real = container.realPath(JARS);
        if (real != null && Files.isDirectory(Path.of(real))) {
            return Path.of(real);
        }
        return unpacked(container, Map.of(JARS, ""), COPIES_OF_JARS, workFolder, log);
    }

    private static Path unpacked(Container container, Map<String, String> folders, String prefix, Path workFolder, Log log) throws BootFailure {
        try {
            return copied(container, folders, prefix, workFolder, log);
        } catch (IOException e) {
            throw new BootFailure("the packed WAR can't be unpacked to `" + workFolder + "` (`djwar.work-dir`): " + e.getMessage(), e);
        }
    }

    /** Servlet §4.6: packed, the resources are readable only through the context. Once per content, and whole or not at all. */
    private static Path copied(Container container, Map<String, String> folders, String prefix, Path workFolder, Log log) throws IOException {
        Path target = workFolder.resolve(prefix + digest(container));
        if (!Files.isDirectory(target)) {
            removeOthers(workFolder, target, prefix);
            Path part = Files.createTempDirectory(workFolder, "unpacking");
            long start = System.nanoTime();
            int count = 0;
            for (Map.Entry<String, String> folder : folders.entrySet()) {
                count += copy(container, folder.getKey(), Files.createDirectories(part.resolve(folder.getValue())));
            }
            Files.move(part, target);
            log.info("unpacked " + count + " files to `" + target + "` in " + (System.nanoTime() - start) / 1_000_000 + " ms");
        }
        return target;
    }

    private static int copy(Container container, String folder, Path target) throws IOException {
        Set<String> entries = container.resourcePaths(folder);
        int count = 0;
        for (String entry : entries == null ? Set.<String>of() : entries) {
            Path file = target.resolve(entry.substring(folder.length()).replaceAll("/$", "")).normalize();
            if (!file.startsWith(target)) {
                throw new IOException("`" + entry + "` leads out of its folder");
            }
            if (entry.endsWith("/")) {
                Files.createDirectories(file);
                count += copy(container, entry, file);
            } else {
                try (InputStream stream = container.resource(entry)) {
                    if (stream == null) {
                        throw new IOException("`" + entry + "` can't be read");
                    }
                    // The manifests of static files come twice.
                    Files.copy(stream, file, StandardCopyOption.REPLACE_EXISTING);
                    // All the same: byte code that is older than its source would be made again at each start.
                    Files.setLastModifiedTime(file, COPIED);
                    count++;
                }
            }
        }
        return count;
    }

    /** {@code djwar.json} holds the digests of all that was built; an application without one is listed. */
    private static String digest(Container container) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        try (InputStream stream = container.resource("/META-INF/djwar.json")) {
            if (stream != null) {
                digest.update(stream.readAllBytes());
            } else {
                // No promise about the content: never taken from an earlier start.
                digest.update(Long.toString(System.nanoTime()).getBytes(StandardCharsets.UTF_8));
            }
        }
        return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
    }

    /** What earlier deployments left. */
    private static void removeOthers(Path workFolder, Path target, String prefix) throws IOException {
        List<Path> old;
        try (Stream<Path> files = Files.list(workFolder)) {
            old = files.filter(file -> file.getFileName().toString().startsWith(prefix) && !file.equals(target)
                    || file.getFileName().toString().startsWith("unpacking")).toList();
        }
        for (Path path : old) {
            remove(path);
        }
    }

    /** Removes a folder without following links out of it: the data folder is linked into it. */
    static void remove(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(folder);
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
