package org.djwar.runtime;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The project's folder for an application with kept data: a copy, by hard links where possible, inside the data folder.
 *
 * <p>The links to the data must not lie where the container unpacked the WAR, nor in its temporary folder: Tomcat and Jetty
 * before 12 follow links when they delete those, and would delete the data with them. A symbolic link per folder instead of a
 * copy would not do either: {@code Path(__file__).resolve()} leads back to the original.
 */
final class ProjectCopy implements Closeable {
    private static final String FOLDER = ".djwar";
    private static final String PREFIX = "app-";
    private static final String LOCK = ".lock";
    /** Of this JVM, for all class loaders. Not the process's id: in a Docker container every JVM is number 1. */
    private static final String JVM = (String) System.getProperties()
            .computeIfAbsent("org.djwar.jvm", key -> UUID.randomUUID().toString().replace("-", ""));

    private final Path folder;
    private final Path lockFile;
    private final FileChannel channel;

    private ProjectCopy(Path folder, Path lockFile, FileChannel channel) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.channel = channel;
    }

    /** Copies the project, and removes copies that a killed container left. */
    static ProjectCopy of(Path application, Path dataFolder, String name, Log log) throws BootFailure {
        try {
            Path home = Files.createDirectories(dataFolder.resolve(FOLDER));
            String ownName = name.replaceAll("[^A-Za-z0-9._#-]", "_");
            Set<String> others = removeAbandoned(home);
            others.remove(ownName);
            if (!others.isEmpty()) {
                log.warning("THE DATA IS SHARED: `" + dataFolder + "` is the data folder of `" + String.join("`, `", others)
                        + "` too, so both write the same files; give each application its own (`djwar.data-dir` may hold `{name}`)");
            }
            ProjectCopy copy = locked(home, PREFIX + JVM + "-" + ownName + "-");
            try {
                copy(application, copy.folder);
            } catch (IOException | RuntimeException e) {
                copy.close();
                throw e;
            }
            return copy;
        } catch (IOException e) {
            throw new BootFailure("the project can't be copied to the data folder `" + dataFolder + "`: " + e, e);
        }
    }

    private static ProjectCopy locked(Path home, String prefix) throws IOException {
        while (true) {
            Path lockFile = Files.createTempFile(home, prefix, LOCK);
            FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
            channel.lock();
            if (Files.exists(lockFile)) {
                return new ProjectCopy(folderOf(lockFile), lockFile, channel);
            }
            // Another container took it for an abandoned one before it was locked.
            channel.close();
        }
    }

    Path folder() {
        return folder;
    }

    private static Path folderOf(Path lockFile) {
        String name = lockFile.getFileName().toString();
        return lockFile.resolveSibling(name.substring(0, name.length() - LOCK.length()));
    }

    /** The names of the applications which use the folder now. */
    private static Set<String> removeAbandoned(Path home) throws IOException {
        Set<String> living = new TreeSet<>();
        List<Path> locks;
        try (Stream<Path> files = Files.list(home)) {
            locks = files.filter(file -> file.getFileName().toString().endsWith(LOCK)).toList();
        }
        for (Path lockFile : locks) {
            // One of this JVM must not even be opened: to close it would end our lock (POSIX, fcntl).
            if (lockFile.getFileName().toString().startsWith(PREFIX + JVM + "-") || !isAbandoned(lockFile)) {
                living.add(nameOf(lockFile));
            }
        }
        return living;
    }

    private static boolean isAbandoned(Path lockFile) throws IOException {
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE); FileLock lock = channel.tryLock()) {
            if (lock == null) {
                return false;
            }
            Deployment.remove(folderOf(lockFile));
            Files.deleteIfExists(lockFile);
            return true;
        } catch (NoSuchFileException e) {
            // Its owner has just ended.
            return true;
        }
    }

    private static String nameOf(Path lockFile) {
        String[] parts = lockFile.getFileName().toString().split("-", 3);
        return parts.length < 3 ? "an application" : parts[2].substring(0, Math.max(0, parts[2].lastIndexOf('-')));
    }

    private static void copy(Path from, Path to) throws IOException {
        boolean canLink = true;
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    canLink = canLink && link(file, target);
                    if (!canLink) {
                        // With its time: byte code that is older than its source would be made again at each start.
                        Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                    }
                }
            }
        }
    }

    private static boolean link(Path file, Path target) {
        try {
            Files.createLink(target, file);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            // Another file system, or one without hard links.
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Deployment.remove(folder);
            Files.deleteIfExists(lockFile);
        } finally {
            channel.close();
        }
    }
}
