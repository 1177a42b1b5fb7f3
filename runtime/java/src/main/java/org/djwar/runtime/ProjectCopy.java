package org.djwar.runtime;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
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
    private static final String LOCK = ".lock";

    private final Path folder;
    private final Path lockFile;
    private final FileChannel channel;

    private ProjectCopy(Path folder, Path lockFile, FileChannel channel) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.channel = channel;
    }

    /** Copies the project, and removes copies that a killed container left. */
    static ProjectCopy of(Path application, Path dataFolder) throws BootFailure {
        try {
            Path home = Files.createDirectories(dataFolder.resolve(FOLDER));
            removeAbandoned(home);
            Path lockFile = Files.createTempFile(home, "app", LOCK);
            FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
            channel.lock();
            Path folder = folderOf(lockFile);
            copy(application, folder);
            return new ProjectCopy(folder, lockFile, channel);
        } catch (IOException e) {
            throw new BootFailure("the project can't be copied to the data folder `" + dataFolder + "`: " + e, e);
        }
    }

    Path folder() {
        return folder;
    }

    private static Path folderOf(Path lockFile) {
        String name = lockFile.getFileName().toString();
        return lockFile.resolveSibling(name.substring(0, name.length() - LOCK.length()));
    }

    private static void removeAbandoned(Path home) throws IOException {
        List<Path> locks;
        try (Stream<Path> files = Files.list(home)) {
            locks = files.filter(file -> file.getFileName().toString().endsWith(LOCK)).toList();
        }
        for (Path lockFile : locks) {
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE); FileLock lock = channel.tryLock()) {
                if (lock != null) {
                    Deployment.remove(folderOf(lockFile));
                    Files.deleteIfExists(lockFile);
                }
            } catch (OverlappingFileLockException e) {
                // Another version of the application, in this very JVM.
                continue;
            }
        }
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
                        Files.copy(file, target);
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
        Deployment.remove(folder);
        Files.deleteIfExists(lockFile);
        channel.close();
    }
}
