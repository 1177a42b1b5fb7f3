package org.djwar.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;

/** For {@code djwar.reload}: whether a file of the project has changed, come or gone since it was last looked at. */
final class SourceWatch {
    /** What a running project writes itself. */
    private static final List<String> NOT_SOURCES = List.of(".pyc", "$py.class", ".sqlite3", "-journal", "-wal", "-shm", ".log");

    private final Path folder;
    private long seen;

    SourceWatch(Path folder) {
        this.folder = folder;
        this.seen = state();
    }

    /** True once for each change. */
    synchronized boolean hasChanged() {
        long now = state();
        boolean changed = now != seen;
        seen = now;
        return changed;
    }

    private long state() {
        try (Stream<Path> files = Files.find(folder, Integer.MAX_VALUE, SourceWatch::isSource)) {
            // A sum: no order of the walk is promised.
            return files.mapToLong(SourceWatch::stateOf).sum();
        } catch (IOException | UncheckedIOException e) {
            // A file went away under the walk: an editor is at work, and the next request looks again.
            return seen;
        }
    }

    private static boolean isSource(Path path, BasicFileAttributes attributes) {
        String name = path.getFileName().toString();
        return attributes.isRegularFile() && NOT_SOURCES.stream().noneMatch(name::endsWith);
    }

    private static long stateOf(Path path) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            long hash = path.toString().hashCode() * 0x9E3779B97F4A7C15L;
            hash = (hash ^ attributes.lastModifiedTime().toMillis()) * 0xBF58476D1CE4E5B9L;
            return (hash ^ attributes.size()) * 0x94D049BB133111EBL;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
